"""What this project raises, and how it words it.

Every message is one sentence pattern: "<what must hold>; got <value>. <what to do>."
What happens to a training run is data (:class:`nasbench_lc.curves.Status`), never an exception.
"""

__all__ = ["ConfigError", "FormatError", "NasbenchError", "NotFittedError", "TaskUnavailable"]


class NasbenchError(Exception):
    """Something went wrong that the user can read; the command line prints it and exits with `exit_code`."""

    exit_code = 1


class ConfigError(NasbenchError):
    """The caller asked for something that cannot be: an unknown name, a value out of range, a conflict."""

    exit_code = 2


class FormatError(NasbenchError):
    """A file is not what it should be: unreadable, truncated, altered, or of a newer schema."""

    exit_code = 2


class TaskUnavailable(NasbenchError):
    """The data of a task are not on this machine."""

    exit_code = 2


class NotFittedError(NasbenchError):
    """`predict` or `state` was called before `fit` or `load_state`."""

    exit_code = 2
