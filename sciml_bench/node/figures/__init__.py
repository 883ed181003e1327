"""What a NeuralODE run shows."""
