"""Parameters inferred through a linear ODE that is solved inside the network."""
