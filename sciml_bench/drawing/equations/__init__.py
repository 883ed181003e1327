"""Discovered equations and where they lead."""
