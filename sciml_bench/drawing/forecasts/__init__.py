"""Forecasts and roll-outs beside what came."""
