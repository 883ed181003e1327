"""Ordinary differential equations with their exact facts: one file each."""
