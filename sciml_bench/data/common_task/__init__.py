"""Records of the Common Task Framework for Science, from its files or simulated alike."""

from sciml_bench.data.common_task.lorenz_parts import CommonTaskLorenz

__all__ = ["CommonTaskLorenz"]
