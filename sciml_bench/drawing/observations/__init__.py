"""Trajectories as observed, smoothed, predicted and explained."""
