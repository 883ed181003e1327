"""Learn dynamics from data with four paradigms under one roof, and compare them honestly."""

__version__ = "0.1.0"
