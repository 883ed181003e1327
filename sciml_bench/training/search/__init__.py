"""A hyper-parameter search by Optuna, whose trials are ordinary runs; `hydra_plugins/` lets Hydra find it."""
