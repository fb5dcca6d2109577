"""What ``run`` shows: progress on standard error while it goes on, the matrix on standard output in the end."""

import sys
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from conformance.report.events import Event
from conformance.report.model import exit_status
from conformance.report.terminal import print_report
from conformance.suite.session import RunSession
from conformance.visible import visible


class Presentation:
    """Listens to the run's events; also gives the session its exit status."""

    def __init__(self, run: RunSession) -> None:
        self._run = run
        self._console = Console(stderr=True)
        self._judged: set[str] = set()
        self._last = ""
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
            transient=True,
        )
        self._task = self._progress.add_task(f"{run.controller.name}: starting", total=None)
        run.relay.listen(self.hear)
        self._progress.start()

    def hear(self, event: Event) -> None:
        """Show one event."""
        kind = event["event"]
        if kind == "progress":
            self._say(event["text"])
        elif kind == "warning":
            self._console.print(
                visible(f"warning: {event['text']}"), markup=False, highlight=False, soft_wrap=True, style="yellow"
            )
        elif kind == "run":
            self._progress.update(self._task, total=len(event["selected"]))
        elif kind == "case":
            self._judged.add(event["case"].id)
            self._progress.update(self._task, completed=len(self._judged))

    def _say(self, text: str) -> None:
        line = visible(f"{self._run.controller.name}: {text}")
        self._progress.update(self._task, description=line)
        topic = text.partition(":")[0]
        if not self._console.is_terminal and topic != self._last:
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)
        self._last = topic

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> "object":
        """After the run has ended: the matrix, where the files are, the exit status."""
        result = yield
        self._progress.stop()
        session.exitstatus = self._conclude(int(exitstatus))
        return result

    def _conclude(self, pytest_status: int) -> int:
        run, report = self._run, self._run.report
        if report is not None and report.cases:
            print_report(report, Console(highlight=False))
            if run.options.out is not None:
                sys.stdout.write(f"report: {Path(run.options.out) / run.controller.name / 'report.json'}\n")
        if run.failure is not None:
            told = visible(f"error: {run.failure}")
            self._console.print(told, markup=False, highlight=False, soft_wrap=True, style="red")
            return run.failure.exit_status
        if pytest_status in {pytest.ExitCode.INTERRUPTED, pytest.ExitCode.USAGE_ERROR}:
            self._console.print("interrupted" if pytest_status == pytest.ExitCode.INTERRUPTED else "bad input")
            return 130 if pytest_status == pytest.ExitCode.INTERRUPTED else 2
        if report is None or not report.cases:
            self._console.print("error: no case was selected", style="red")
            return 2
        return exit_status(report)
