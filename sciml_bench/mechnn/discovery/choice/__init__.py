"""Which candidate terms a law is looked for in, where nobody knows: held-out forecasts choose."""
