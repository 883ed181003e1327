"""Where records come from: simulations, files, and data sets that are shipped, downloaded or read by path."""
