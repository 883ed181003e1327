"""How solution operators are trained."""
