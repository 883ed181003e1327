"""Vector fields: what a NeuralODE learns."""
