"""Run a controller many times and tell whether all runs came to the same: verdicts, reasons, and what probes saw.

Each run has a cluster and controllers of its own, so nothing of one can help the next. Every run is compared with the
first one. With --way there are several ways to run, in turn; all of them must come to the same. What `run` is to be
told each time stands behind --. A run that was begun with the same words in the same folder goes on where it stopped.

\b
Examples:
  scripts/repeat traefik --runs 20 --way "" --way "--isolate"
  scripts/repeat reference --runs 3 --way "-n 1" --way "-n 4" -- -k path-types
  scripts/repeat reference --runs 1 -- --repeat 50
  scripts/repeat istio --runs 20 --at-once 4

A run that mostly waits, such as that of a controller with a single instance, leaves room for others: --at-once says
for how many.

The folder keeps the first report of each way, every report that differs, and runs.jsonl with a line for each run.

\b
Exit status: 0 all runs came to the same, 1 some case changed, 2 bad input, 3 some run gave no complete report,
130 interrupted.
"""

import hashlib
import json
import math
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

import conformance
from conformance.compare.steadiness import unlike
from conformance.errors import BadInput, ConformanceError
from conformance.report.model import Report
from conformance.report.reading import read_report
from conformance.visible import visible
from conformance.waiting import wait_until

PACKAGE = Path(conformance.__file__).parent
SHOWN = 20
GRACE = 20.0
"""Seconds for a run that is told to end."""

Turn = tuple[int, int]
"""The number of a run, from 1, and of its way, from 0."""


@dataclass
class Series:
    """All runs of one invocation: what was asked for, and what came of the runs so far."""

    out: Path
    asked: dict[str, Any]
    limit: float
    done: dict[Turn, dict[str, Any]] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)
    _writing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def log(self) -> Path:
        """A line for what was asked for, and one for each run."""
        return self.out / "runs.jsonl"

    def begin(self) -> None:
        """Read what an earlier, interrupted call left; refuse what was left by another one."""
        if not self.log.exists():
            self.out.mkdir(parents=True, exist_ok=True)
            self.log.write_text(json.dumps(self.asked) + "\n")
            return
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.endswith("}")]
        earlier, now = ({**each, "runs": 0} for each in (lines[0], self.asked))
        if earlier != now:
            odd = [key for key in now if now[key] != earlier.get(key)]
            hint = "name another --out, or remove the folder"
            raise BadInput(f"holds runs of something else: {', '.join(odd)} differ", where=str(self.out), hint=hint)
        self.done = {(line["run"], line["way"]): line for line in lines[1:] if "trouble" not in line}

    def folder(self, run: int, way: int) -> Path:
        """Return where a run writes."""
        return self.out / f"way-{way + 1}-run-{run:03}"

    def report(self, run: int, way: int) -> Report:
        """Return the report of a run."""
        paths = list(self.folder(run, way).glob("*/report.json"))
        if len(paths) != 1:
            raise BadInput("there is no report", where=str(self.folder(run, way)))
        return read_report(paths[0]).report

    def vain(self) -> bool:
        """Whether the run that all others are compared with gave no report."""
        return "trouble" in self.done.get((1, 0), ())

    def carry_out(self, run: int, way: int) -> dict[str, Any]:
        """Run once, compare with the first run, and write the line down."""
        folder, began = self.folder(run, way), time.monotonic()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        words = [*shlex.split(self.asked["ways"][way]), *self.asked["options"]]
        command = [sys.executable, "-m", "conformance", "run", self.asked["controller"], *words, "--out", str(folder)]
        status = run_bounded(command, folder / "output.txt", self.limit, self.over)
        line: dict[str, Any] = {"run": run, "way": way, "status": status, "seconds": round(time.monotonic() - began, 1)}
        try:
            line |= self._compared(run, way, status)
        except ConformanceError as error:
            line["trouble"] = str(error)
        if not line.get("changes") and "trouble" not in line and run > 1:
            shutil.rmtree(folder)
        with self._writing, self.log.open("a") as log:
            log.write(json.dumps(line) + "\n")
            self.done[run, way] = line
        return line

    def _compared(self, run: int, way: int, status: int) -> dict[str, Any]:
        if status not in {0, 1}:
            raise BadInput(f"the run ended with status {status}", hint=f"see {self.folder(run, way) / 'output.txt'}")
        now = self.report(run, way)
        first = self._first(0, now, (run, way))
        found = unlike(first, now, same_way=way == 0)
        if way:
            # What only one way can find must at least be found by it each time.
            earliest = self._first(way, now, (run, way))
            found += tuple(one for one in unlike(earliest, now) if one.what == "findings")
        changes = [{"text": str(one), "judged": one.judged} for one in dict.fromkeys(found)]
        return {"cases": len(now.cases), "changes": changes}

    def _first(self, way: int, now: Report, turn: Turn) -> Report:
        """Return the report that others of its way are compared with, which may still be in the making."""
        if turn == (1, way):
            return now
        wait_until(lambda: (1, way) in self.done or self.over.is_set(), math.inf)
        if self.over.is_set():
            raise KeyboardInterrupt
        return self.report(1, way)


def run_bounded(command: Sequence[str], output: Path, limit: float, over: threading.Event) -> int:
    """Run a command with its output in a file, and return its exit status; ends it after ``limit`` seconds.

    Raises:
        KeyboardInterrupt: all was ``over`` before it had ended.
    """
    with output.open("wb") as file:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT)
        try:
            if wait_until(lambda: over.is_set() or process.poll() is not None, limit):
                if over.is_set():
                    raise KeyboardInterrupt
                return process.returncode
            return -1
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(GRACE)
                process.kill()
                process.wait()


def code_digest() -> str:
    """Return a digest of the suite's own files: runs of changed code are not runs of the same."""
    files = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.yaml"), *(PACKAGE.parent / "cases").glob("*.yaml")]
    whole = hashlib.sha256()
    for path in sorted(path for path in files if "tests" not in path.parts):
        whole.update(f"{path.relative_to(PACKAGE.parent)}\0".encode() + path.read_bytes())
    return whole.hexdigest()[:16]


@click.command(help=__doc__, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("controller")
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[-- OPTIONS…]")
@click.option("--runs", type=click.IntRange(1, 1000), default=20, show_default=True, help="Runs of each way.")
@click.option("--way", "ways", multiple=True, metavar="OPTIONS", help="Options of `run`; several --way take turns.")
@click.option("--at-once", type=click.IntRange(1, 64), default=1, show_default=True, help="Runs beside each other.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the results; default: repeat/CONTROLLER.")
@click.option("--limit", type=click.FloatRange(1), default=900.0, show_default=True, help="Seconds for a run.")
def main(
    controller: str,
    options: tuple[str, ...],
    runs: int,
    ways: tuple[str, ...],
    at_once: int,
    out: Path | None,
    limit: float,
) -> None:
    """Run what has not been run, and say what came of it."""
    asked = {"controller": controller, "runs": runs, "ways": list(ways) or [""], "options": list(options)}
    series = Series(out or Path("repeat") / Path(controller).stem, {**asked, "code": code_digest()}, limit)
    try:
        series.begin()
        go_through(series, at_once)
    except ConformanceError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(conclude(series))


def go_through(series: Series, at_once: int) -> None:
    """Carry out each run that is still to be done, ``at_once`` beside each other."""
    ways = series.asked["ways"]
    turns = [(run, way) for run in range(1, series.asked["runs"] + 1) for way in range(len(ways))]
    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(series.asked["controller"], total=len(turns))

        def take(turn: Turn) -> None:
            line = series.done.get(turn)
            if line is None and not series.vain():
                line = series.carry_out(*turn)
                console.print(visible(_told(line, ways), keep=""), markup=False, soft_wrap=True)
            progress.advance(task)

        with ThreadPoolExecutor(at_once) as places:
            try:
                waiting = [places.submit(take, turn) for turn in turns]
                for one in waiting:
                    one.result()
            except BaseException:
                series.over.set()
                places.shutdown(cancel_futures=True)
                raise


def conclude(series: Series) -> int:
    """Print what all runs came to, those of an earlier call included, and return the exit status."""
    lines = [series.done[turn] for turn in sorted(series.done)]
    ways = " and ".join(way or "plain" for way in series.asked["ways"])
    troubles = [line for line in lines if "trouble" in line]
    changed = [line for line in lines if line.get("changes")]
    for line in troubles:
        click.echo(visible(f"{_name(line, series.asked['ways'])}: {line['trouble']}"))
    for text in _changes(changed, series.asked["ways"]):
        click.echo(visible(text))
    judged = sum(any(change["judged"] for change in line["changes"]) for line in changed)
    seen = len(lines) - len(troubles)
    cases = max((line.get("cases", 0) for line in lines), default=0)
    click.echo(
        visible(
            f"{series.asked['controller']}, {ways}: {len(lines)} runs, {seen} with a complete report of {cases} cases; "
            f"verdicts, reasons or findings differ in {judged}, only what was seen in {len(changed) - judged}"
        )
    )
    if troubles:
        return 3
    return 1 if changed else 0


def _changes(changed: Sequence[dict[str, Any]], ways: Sequence[str]) -> Iterator[str]:
    """Yield each thing that changed, with the runs in which it did."""
    runs: dict[str, list[str]] = {}
    for line in changed:
        for change in line["changes"]:
            runs.setdefault(change["text"], []).append(_name(line, ways))
    for text, names in runs.items():
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        yield f"changed: {text}  [{', '.join(names[:SHOWN])}{more}]"


def _told(line: dict[str, Any], ways: Sequence[str]) -> str:
    came = line.get("trouble") or (f"{len(line['changes'])} changes" if line["changes"] else "the same")
    if (line["run"], line["way"]) == (1, 0) and came == "the same":
        came = "the first, which all others are compared with"
    return f"{_name(line, ways)}: {came} ({line['seconds']} s)"


def _name(line: dict[str, Any], ways: Sequence[str]) -> str:
    way = f" {ways[line['way']] or 'plain'}" if len(ways) > 1 else ""
    return f"run {line['run']}{way}"


if __name__ == "__main__":
    main()
