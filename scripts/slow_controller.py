"""Measures how long a full run takes with a controller that is right but slow: ``python scripts/slow_controller.py``.

The reference controller serves each change 4.5 s late, as one does that reloads with every change. Such a run must stay
below four minutes, or nobody waits for it. Prints one line of a Markdown table, then the cases that ended last and how
long each took. Ends with status 1 above the limit, or if a core case fails: slow is not wrong.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.case.model import Level
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord, Report
from conformance.report.reading import read_report

ENTRY = """\
variant-of: reference
name: slow
description: The reference, each change served {delay} s late.
process:
  add-arguments: ["--load-delay={delay}"]
"""
COLUMNS = ("load delay, s", "cases", "s in all", "s until it served", "core cases that fail", "limit, s")
SHOWN = 12


def run(delay: float, options: Sequence[str], limit: float) -> Report:
    """Run the slow controller and return the report; it may take twice the limit."""
    with tempfile.TemporaryDirectory() as folder:
        entry = Path(folder) / "slow.yaml"
        entry.write_text(ENTRY.format(delay=delay))
        command = [sys.executable, "-m", "conformance", "run", str(entry), "--out", folder, *options]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, timeout=2 * limit, check=False)
        if done.returncode not in {0, 1}:
            raise SystemExit(f"the run ended with status {done.returncode}")
        return read_report(Path(folder) / "slow" / "report.json").report


def ended(case: CaseRecord) -> float:
    """Return when the last request of a case before the second look had its answer, in seconds since the run began."""
    looks = [attempt for probe in case.probes for attempt in probe.attempts if not attempt.second_look]
    return max((attempt.at + attempt.seconds for attempt in looks), default=0.0)


def began(case: CaseRecord) -> float:
    """Return when the first request of a case was sent, in seconds since the run began."""
    return min((attempt.at for probe in case.probes for attempt in probe.attempts), default=0.0)


def lines(report: Report, delay: float, limit: float) -> Iterator[str]:
    """Yield the table, and what was seen last."""
    spent = report.run.durations
    cells = (delay, len(report.cases), spent.total, spent.controller, len(failing(report)), limit)
    yield f"| {' | '.join(COLUMNS)} |"
    yield f"|{'--:|' * len(COLUMNS)}"
    yield f"| {' | '.join(str(cell) for cell in cells)} |"
    yield ""
    for case in sorted(report.cases, key=ended, reverse=True)[:SHOWN]:
        steps = f", {len(case.steps)} steps" if case.steps else ""
        yield f"- `{case.id}` ({case.placement}{steps}): from {began(case):.1f} s to {ended(case):.1f} s"


def failing(report: Report) -> list[str]:
    """Return the core cases that do not pass."""
    return [case.id for case in report.cases if case.level is Level.CORE and case.verdict is not Verdict.PASS]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and compare with the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--delay", type=float, default=4.5, help="seconds (default: %(default)s)")
    parser.add_argument("--limit", type=float, default=240, help="seconds (default: %(default)s)")
    parser.add_argument("options", nargs="*", metavar="-- OPTIONS", help="options of `run`")
    given = parser.parse_args(arguments)
    report = run(given.delay, given.options, given.limit)
    print("\n".join(lines(report, given.delay, given.limit)))
    return 1 if report.run.durations.total > given.limit or failing(report) or not report.run.complete else 0


if __name__ == "__main__":
    sys.exit(main())
