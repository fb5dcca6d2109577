"""Measures whether the time for a case stays the same when a run has many: ``python scripts/linearity.py traefik``.

Runs a controller once as it is and once with ``--repeat``, and compares the seconds for each case that shares objects:
from the moment judging begins to its last verdict, without the start of the cluster. Only the ratio says something; the
seconds are this machine's. Prints one line of a Markdown table, and ends with status 1 if the ratio is above the limit.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.report.model import Report
from conformance.report.reading import read_report

COLUMNS = ("controller", "shared cases", "repeats", "s for each, once", "s for each, repeated", "ratio", "limit")


@dataclass(frozen=True)
class Rate:
    """How many cases shared objects in a run, and the seconds that observing them took."""

    cases: int
    seconds: float

    @property
    def each(self) -> float:
        """Seconds for a case."""
        return self.seconds / self.cases


def rate(report: Report) -> Rate:
    """Return the rate of a run; raises ValueError where it was cut short, or judged nothing in shared objects."""
    if not report.run.complete:
        raise ValueError("the run was cut short")
    shared = sum(case.placement == "packed" for case in report.cases)
    if not shared:
        raise ValueError("no case shared an object")
    return Rate(shared, report.run.durations.observe)


def run(controller: str, expression: str, repeat: int, out: Path, limit: float) -> Report:
    """Run the controller and return the report."""
    command = [sys.executable, "-m", "conformance", "run", controller, "-k", expression, "--repeat", str(repeat)]
    done = subprocess.run([*command, "--out", str(out)], stdout=subprocess.DEVNULL, timeout=limit, check=False)
    if done.returncode not in {0, 1}:
        raise SystemExit(f"{controller} with --repeat {repeat} ended with status {done.returncode}")
    [path] = out.glob("*/report.json")
    return read_report(path).report


def line(controller: str, repeat: int, once: Rate, often: Rate, limit: float) -> str:
    """Return the line of the table."""
    ratio = often.each / once.each
    cells = [
        controller,
        str(once.cases),
        str(repeat),
        f"{once.each:.3f}",
        f"{often.each:.3f}",
        f"{ratio:.2f}",
        str(limit),
    ]
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and compare with the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("controller")
    parser.add_argument("--repeat", type=int, default=10)
    parser.add_argument("-k", dest="expression", default="path-types or hosts", help="the cases (default: %(default)s)")
    parser.add_argument(
        "--limit", type=float, default=1.3, help="the ratio that is still linear (default: %(default)s)"
    )
    parser.add_argument("--seconds", type=float, default=1200, help="for each of the two runs (default: %(default)s)")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        once, often = (
            rate(run(given.controller, given.expression, repeat, Path(folder) / str(repeat), given.seconds))
            for repeat in (1, given.repeat)
        )
    print(f"| {' | '.join(COLUMNS)} |\n|---|{'--:|' * (len(COLUMNS) - 1)}")
    print(line(given.controller, given.repeat, once, often, given.limit))
    return 1 if often.each > given.limit * once.each else 0


if __name__ == "__main__":
    sys.exit(main())
