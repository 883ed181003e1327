"""Figures of what the mechanistic networks found."""
