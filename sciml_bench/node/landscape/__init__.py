"""Why training is hard: curvature and shape of the loss."""
