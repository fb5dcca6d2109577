"""Draws a report as a terminal shows it: ``python scripts/picture.py REPORT.json docs/matrix.svg``.

The same report gives the same picture. Of many failing cases the first few are kept, so that the matrix and the
counts fit on one screen.
"""

import argparse
import io
import re
from pathlib import Path

from rich.console import Console
from rich.text import Text

from conformance.judge.words import Verdict
from conformance.report.model import Report
from conformance.report.terminal import SIGNS, print_report

SHOWN = 1
WIDTH = 132
_SIGNED = tuple(f"{SIGNS[verdict][0]} " for verdict in (Verdict.FAIL, Verdict.ERROR, Verdict.UNSUPPORTED))
_DOWNLOADED_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def printed(report: Report, width: int) -> list[str]:
    """Return the lines of the report, with their colours as terminal sequences."""
    paper = io.StringIO()
    print_report(report, Console(file=paper, width=width, force_terminal=True, color_system="truecolor"))
    return [line.rstrip() for line in paper.getvalue().splitlines()]


def shortened(lines: list[str], matrix: str, shown: int) -> list[str]:
    """Return the lines with only the first ``shown`` cases before the ``matrix``, and one that says how many more."""
    plain = [Text.from_ansi(line).plain for line in lines]
    below = plain.index(matrix)
    cases = [number for number, line in enumerate(plain[:below]) if line.startswith(_SIGNED)]
    if len(cases) <= shown:
        return lines
    return [*lines[: cases[shown]], f"\x1b[2m… and {len(cases) - shown} more\x1b[0m", "", *lines[below:]]


def picture(lines: list[str], width: int, title: str) -> str:
    """Return an SVG of a terminal that shows the lines; it loads nothing from anywhere."""
    console = Console(file=io.StringIO(), record=True, width=width, force_terminal=True, color_system="truecolor")
    for line in lines:
        console.print(Text.from_ansi(line), no_wrap=True, overflow="ellipsis")
    return _DOWNLOADED_FONT.sub("", console.export_svg(title=title, unique_id="matrix")) + "\n"


def main() -> None:
    """Read the report, write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("svg", type=Path)
    parser.add_argument("--failing", type=int, default=SHOWN, help="how many failing cases are shown (default: 1)")
    parser.add_argument("--width", type=int, default=WIDTH, help="columns of the terminal (default: 132)")
    given = parser.parse_args()
    report = Report.model_validate_json(given.report.read_text(encoding="utf-8"))
    matrix = f"{report.controller.name} {report.controller.version}"
    lines = shortened(printed(report, given.width), matrix, given.failing)
    title = f"ingress-conformance run {report.controller.name}"
    given.svg.write_text(picture(lines, given.width, title), encoding="utf-8")


if __name__ == "__main__":
    main()
