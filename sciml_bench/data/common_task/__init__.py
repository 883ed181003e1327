"""Records of the Common Task Framework for Science, from its files or simulated alike."""

from sciml_bench.data.common_task.common_task_record import CommonTaskRecord
from sciml_bench.data.common_task.kuramoto_sivashinsky import CommonTaskKuramotoSivashinsky
from sciml_bench.data.common_task.lorenz import CommonTaskLorenz

__all__ = ["CommonTaskKuramotoSivashinsky", "CommonTaskLorenz", "CommonTaskRecord"]
