"""What is seen of several runs while they go on, on standard error."""

from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from conformance.visible import visible

_SHOWN = 70
_ENDS = {0: "done", 1: "done, a core case fails", 2: "bad input", 3: "could not be judged", 130: "interrupted"}


class Lines:
    """One line for each thing that happens: for files and logs."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        """Leave nothing behind."""

    def say(self, name: str, line: str) -> None:
        """Print what a run says; its own lines begin with its name."""
        text = line if line.startswith(f"{name}: ") else f"{name}: {line}"
        self._console.print(visible(text, keep=""), markup=False, highlight=False, soft_wrap=True)

    def count(self, name: str, judged: int, selected: int) -> None:
        """Print nothing: a log has no use for it."""

    def end(self, name: str, status: int) -> None:
        """Print how a run ended."""
        self.say(name, _ENDS.get(status, f"ended with status {status}"))


class Rows(Lines):
    """A row for each run that has begun, with a bar: for terminals."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, transient=True)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        """Take the rows away."""
        self._progress.stop()

    def say(self, name: str, line: str) -> None:
        """Show a line of progress in the row; everything else stays on the terminal."""
        if not line.startswith(f"{name}: "):
            super().say(name, line)
            return
        self._progress.update(self._task(name), description=visible(line, keep="")[:_SHOWN].replace("[", "\\["))

    def count(self, name: str, judged: int, selected: int) -> None:
        """Move the bar."""
        self._progress.update(self._task(name), completed=judged, total=selected or None)

    def end(self, name: str, status: int) -> None:
        """Say how it ended, and take its row away."""
        self._progress.remove_task(self._task(name))
        super().say(name, _ENDS.get(status, f"ended with status {status}"))

    def _task(self, name: str) -> TaskID:
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(f"{name}: starting", total=None)
        return self._tasks[name]


def display(console: Console) -> Lines:
    """Return what suits the console."""
    return Rows(console) if console.is_terminal else Lines(console)
