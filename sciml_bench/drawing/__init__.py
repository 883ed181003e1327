"""Every picture of the suite, drawn from arrays alone."""
