"""Methods side by side: their errors against the horizon, and accuracy against cost."""
