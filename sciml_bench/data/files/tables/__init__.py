"""Tables: one row per moment, one column per component."""
