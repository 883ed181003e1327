"""Forecasts and rollouts beside what came."""
