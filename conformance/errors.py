"""Errors that a user can do something about: what was wrong, where, and what to do next."""


class ConformanceError(Exception):
    """A foreseen failure; the command line prints it without a traceback and ends with its exit status.

    ``where`` is a file position or an object's name, ``hint`` a next step; both may be empty.
    """

    exit_status = 3

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message, self.where, self.hint = message, where, hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.message}" + (f"\n  hint: {self.hint}" if self.hint else "")


class BadInput(ConformanceError):
    """Something the user wrote is wrong: a case file, an option, a controller's name (exit status 2)."""

    exit_status = 2


class HarnessFailure(ConformanceError):
    """The suite could not do its work: no cluster, a controller that never started (exit status 3)."""

    exit_status = 3
