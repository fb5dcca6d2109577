"""Makes the published results: ``python scripts/publish.py CONTROLLER… [-k EXPR] [--reports reports] [--at-once]``.

Each controller is judged twice with all cases; ``--at-once`` has both runs go on beside each other, which suits one
that mostly lets the suite wait. The first report goes to ``reports/CONTROLLER-VERSION/report.json``; a
``README.md`` beside it says how it was made and whether the second run said the same. Notes by hand (``notes.md``)
stay. Ends with 1 where two runs gave other verdicts, with 3 where a run gave no sound report; what is published is
then what was seen. Ends with 130 where a run was interrupted; what was published before stays.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from conformance.case.model import Level
from conformance.compare.diff_model import Change, Diff
from conformance.compare.difference import difference
from conformance.controllers.catalogue import find
from conformance.export.markdown_text import row
from conformance.judge.words import Verdict
from conformance.report.model import Report
from conformance.report.reading import FILE_NAME, read_report

RUNS = 2
JUDGED = (0, 1)
"""Exit statuses of a run that judged what it was asked to judge."""

INTERRUPTED = 130


def main() -> int:
    """Judge, compare, write; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("controllers", nargs="+", metavar="CONTROLLER", help="a name of the catalogue")
    parser.add_argument("--reports", type=Path, default=Path("reports"), help="where they go (default: reports)")
    parser.add_argument("-k", dest="expression", help="only these cases, to try the script out")
    parser.add_argument("--at-once", action="store_true", help="both runs beside each other")
    given = parser.parse_args()
    options = ["-k", given.expression] if given.expression else []
    try:
        statuses = [publish(name, options, given.reports, at_once=given.at_once) for name in given.controllers]
    except KeyboardInterrupt:
        return INTERRUPTED
    (given.reports / "README.md").write_text(index(given.reports), encoding="utf-8")
    return max(statuses)


def publish(name: str, options: Sequence[str], reports: Path, *, at_once: bool = False) -> int:
    """Judge a controller twice and write its folder; return 0, 1 for other verdicts, 3 for a missing report."""
    with tempfile.TemporaryDirectory() as folder:
        outs = [Path(folder) / str(number) for number in range(RUNS)]
        with ThreadPoolExecutor(RUNS if at_once else 1) as threads:
            seen = list(threads.map(lambda out: judged(name, options, out), outs))
        files = [file for file in seen if file is not None]
        if len(files) < RUNS:
            unsound = Path(tempfile.mkdtemp(prefix=f"unsound-{name}-"))
            shutil.copytree(folder, unsound, dirs_exist_ok=True)
            print(f"{name}: not published, a run gave no sound report; both are kept in {unsound}", file=sys.stderr)
            return 3
        first, second = (read_report(file).report for file in files)
        place = reports / f"{name}-{first.controller.version}"
        place.mkdir(parents=True, exist_ok=True)
        (place / FILE_NAME).write_bytes(files[0].read_bytes())
    found = difference(first, second)
    (place / "README.md").write_text(made(first, second, found, options, notes=(place / "notes.md").is_file()), "utf-8")
    print(f"{place}: {said(found)}")
    return 1 if other_verdicts(found) else 0


def judged(name: str, options: Sequence[str], out: Path) -> Path | None:
    """Run all cases once; return the report, or nothing where the run or its report is not sound."""
    suite = [sys.executable, "-m", "conformance"]
    report = out / name / FILE_NAME
    out.mkdir()
    if kept([*suite, "run", name, *options, "--out", str(out)], out / "run.txt") not in JUDGED:
        return None
    return report if kept([*suite, "verify", str(report)], out / "verify.txt") == 0 else None


def kept(command: Sequence[str], output: Path) -> int:
    """Run a command with its standard output in a file; return its exit status, and say one that is none of a judge."""
    with output.open("wb") as file:
        status = subprocess.run(command, check=False, stdout=file).returncode
    if status == INTERRUPTED:
        raise KeyboardInterrupt
    if status not in JUDGED:
        print(f"{shlex.join(command[1:4])} ended with status {status}", file=sys.stderr)
    return status


def made(first: Report, second: Report, found: Diff, options: Sequence[str], *, notes: bool) -> str:
    """Return the page that says how a report was made."""
    controller, entry = first.controller, find(first.controller.name, {})
    durations = [f"{report.run.durations.total:.0f} s" for report in (first, second)]
    lines = [
        f"# {entry.title} {controller.version}",
        "",
        *(f"- {key}: {value}" for key, value in facts(first, options).items()),
        f"- The two runs took {' and '.join(durations)} on {os.cpu_count()} cores.",
        f"- {said(found)}",
        "",
        *counts(first),
        "",
    ]
    if notes:
        lines += ["What a maintainer might dispute was looked at by hand: [notes](notes.md).", ""]
    lines += [
        "See it as pages, or hold another run against it:",
        "",
        "```console",
        "$ ingress-conformance report . --out site",
        f"$ ingress-conformance verify {FILE_NAME}",
        f"$ ingress-conformance diff {FILE_NAME} ../../out/{controller.name}/{FILE_NAME}",
        "```",
        "",
    ]
    return "\n".join(lines)


def facts(report: Report, options: Sequence[str]) -> dict[str, str]:
    """Return what a reader must know to do it again."""
    command = shlex.join(["ingress-conformance", "run", report.controller.name, *options])
    digest, revision = report.suite.cases_digest, [f"revision `{said}`" for said in [report.suite.revision] if said]
    programs = [f"{one.name}: {f'{one.source} {one.version}'.rstrip()}" for one in report.controller.programs]
    return {
        "Made": f"{report.run.started[:10]} by `{command}`",
        "Project": f"[{report.controller.project}]({report.controller.url})",
        "Cluster": f"{report.cluster.provider}, Kubernetes {report.cluster.kubernetes_version}",
        "Suite": ", ".join([report.suite.version, *revision, f"cases `{digest.removeprefix('sha256:')[:12]}`"]),
        **({"Made of": "; ".join(programs)} if programs else {}),
        "Arguments": f"`{shlex.join(report.controller.arguments)}`",
    }


def said(found: Diff) -> str:
    """Return in a sentence how the two runs compare."""
    if not found.changes:
        return f"Both runs gave the same verdicts, reasons and answers in all {found.unchanged} cases."
    verdicts = other_verdicts(found)
    answers = [f"`{change.id}`" for change in found.changes if change not in verdicts]
    parts = ["The runs gave other verdicts in: " + "; ".join(f"`{one.id}` ({one.why})" for one in verdicts)]
    if not verdicts:
        parts = [f"Both runs gave the same verdicts in all {found.unchanged + len(found.changes)} cases"]
    if answers:
        parts.append(f"other answers, or another reason for the same verdict, came in {', '.join(answers)}")
    return "; ".join(parts) + "."


def other_verdicts(found: Diff) -> list[Change]:
    """Return the cases that were judged differently."""
    return [one for one in found.changes if not (one.old and one.new and one.old.verdict is one.new.verdict)]


def counts(report: Report) -> list[str]:
    """Return the table of verdicts by level."""
    head = ["level", *(verdict.value for verdict in Verdict)]
    rows = [
        [level.value, *(number(report, level, verdict) for verdict in Verdict)]
        for level in Level
        if level in report.summary
    ]
    return [row(*head), row(*["---"] * len(head)), *(row(*cells) for cells in rows)]


def index(reports: Path) -> str:
    """Return the page that lists all published reports; each level's numbers add up to its cases."""
    found = {file.parent.name: read_report(file).report for file in sorted(reports.glob(f"*/{FILE_NAME}"))}
    counted = [
        (level, verdict)
        for level in Level
        for verdict in Verdict
        if any(number(report, level, verdict) != "0" for report in found.values())
    ]
    newest = max((report for report in found.values()), key=lambda report: report.run.started, default=None)
    rows = []
    for folder, report in found.items():
        of_today = newest is None or report.suite.cases_digest == newest.suite.cases_digest
        cases = f"{len(report.cases)}{'' if of_today else ' (earlier)'}"
        link = f"[{find(report.controller.name, {}).title}]({folder}/README.md)"
        numbers = [number(report, level, verdict) for level, verdict in counted]
        rows.append(row(link, report.controller.version, *numbers, cases, report.run.started[:10]))
    head = ["controller", "version", *(f"{level.value} {verdict.value}" for level, verdict in counted), "cases", "made"]
    return "\n".join(
        [
            "# Published results",
            "",
            "Real runs of all cases on the embedded cluster, each done twice, made by `scripts/publish.py`. Failures",
            "are published as they are; a column is left out where all of its numbers are 0. Observed cases record",
            "what the specification leaves open, and how long things take: one fails only where there was nothing to",
            "record, such as where an Ingress was never served. Earlier cases are not those of the newest report.",
            "",
            row(*head),
            row(*["---"] * len(head)),
            *rows,
            "",
            "`ingress-conformance report reports/*/report.json --out site` makes the HTML matrix of all of them;",
            "`ingress-conformance compare reports/*/report.json` says what each does differently.",
            "",
        ]
    )


def number(report: Report, level: Level, verdict: Verdict) -> str:
    """Return how many cases of a level have a verdict."""
    counts = report.summary.get(level)
    return str(counts.model_dump(by_alias=True)[verdict.value] if counts else 0)


if __name__ == "__main__":
    sys.exit(main())
