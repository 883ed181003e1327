"""The errors a person may meet, each with one meaning and a message that names the field and the remedy."""


class SciMLBenchWarning(UserWarning):
    """Something is suspicious but the run can go on; the tests turn every such warning into an error."""


class ConfigurationError(ValueError):
    """A choice or value in the configuration is wrong; the message names the key, the value and the remedy."""


class NotApplicableError(ConfigurationError):
    """A method cannot learn from this kind of record; said before anything is loaded."""


class DataError(ValueError):
    """Data cannot be used: not finite, of the wrong shape, too short, constant or unreadable."""


class SolverError(RuntimeError):
    """An integration or linear solve broke down; the message says where, with which norm, and what to try."""


class TrainingError(RuntimeError):
    """A fit cannot go on, such as after a loss that is not finite; the last good checkpoint is kept."""
