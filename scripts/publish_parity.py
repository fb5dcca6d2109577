"""Publish runs of level parity: ``python scripts/publish_parity.py RUN… [--reports reports]``.

RUN… are folders or report.json files of ``ingress-conformance run CONTROLLER --level parity``. Each report goes to
``reports/parity/CONTROLLER-VERSION/report.json``; ``reports/parity/README.md`` compares all that are there: how many
cases each answers as ingress-nginx does, and, by name, where it opens what ingress-nginx keeps shut.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from conformance.controllers.catalogue import find
from conformance.errors import BadInput
from conformance.export.markdown_text import row
from conformance.report.model import Parity, Report
from conformance.report.parity import counts_of
from conformance.report.reading import FILE_NAME, read_report, read_reports

OPEN, UNJUDGED = "fail-open", "no verdict"


def main() -> int:
    """Copy the reports, write the page; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="a folder of runs, or a report.json")
    parser.add_argument("--reports", type=Path, default=Path("reports"), help="where they go (default: reports)")
    given = parser.parse_args()
    place = given.reports / "parity"
    try:
        for file in read_reports(given.runs):
            report = file.report
            if not any(case.parity for case in report.cases):
                raise BadInput("no case of level parity is in it", where=str(file.path))
            folder = place / f"{report.controller.name}-{report.controller.version}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / FILE_NAME).write_text(report.to_json(), "utf-8")
        published = [read_report(path).report for path in sorted(place.glob(f"*/{FILE_NAME}"))]
    except BadInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    (place / "README.md").write_text(page(published), "utf-8")
    print(place / "README.md")
    return 0


def page(reports: Sequence[Report]) -> str:
    """Return the page that compares the reports."""
    words = [word.value for word in Parity]
    head = ["controller", "version", *words, UNJUDGED, OPEN, "made"]
    lines = [
        "# Compared with ingress-nginx",
        "",
        "What each controller makes of the behaviours and annotations of ingress-nginx v1.15.1, on the embedded",
        "cluster: runs of `ingress-conformance run CONTROLLER --level parity`, published as they are by",
        "`scripts/publish_parity.py`. [parity.md](../../docs/parity.md) explains the words. No controller is meant to",
        "be the same; the differences are what a team that moves must know.",
        "",
        row(*head),
        row(*["---"] * len(head)),
        *(row(*cells(report)) for report in reports),
        "",
        f"{UNJUDGED}: the suite could not judge the case; its reason is in the report.",
        "",
        "## Open where ingress-nginx is shut",
        "",
        "An annotation that restricts access had no effect in these cases.",
        "",
    ]
    for report in reports:
        shut = [f"`{case.id.partition('/')[2]}`" for case in report.cases if case.fail_open]
        lines += [f"- **{find(report.controller.name, {}).title}** ({len(shut)}): {', '.join(shut) or 'none'}"]
    lines += ["", "`ingress-conformance report reports/parity --out site` shows each case with both answers.", ""]
    return "\n".join(lines)


def cells(report: Report) -> list[str]:
    """Return the row of a controller."""
    found = counts_of(report.cases)
    title = find(report.controller.name, {}).title
    numbers = [*found.words.values(), found.unjudged, found.opened]
    return [title, report.controller.version, *map(str, numbers), report.run.started[:10]]


if __name__ == "__main__":
    sys.exit(main())
