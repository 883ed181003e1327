"""Scores of forecasts from many starts: how far they hold, how sure they are, and whether they wander as the truth."""
