"""Cases for people and programs to read: tables on a terminal, plain lines that are never cut elsewhere, JSON."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click
import yaml

from conformance.case.coverage import Covered
from conformance.case.matching import default_host
from conformance.case.model import NO_MATCH, RECORD, Case, Expectation, Level, Probe
from conformance.streams import json_for_output
from conformance.visible import visible

NO_CASE = "no case yet"
LEVEL_STYLES = {Level.CORE: "bold", Level.EXTENDED: "", Level.OBSERVED: "dim", Level.API: "dim", Level.PARITY: ""}

MARKERS = {"own": "", "beside": ", with a marker rule in an Ingress beside it", "none": ", without a marker rule"}

WHOLE = frozenset({"case", "name", "statement"})
"""Columns of names to copy: none is ever broken in two."""

_READABLE = 14
"""Characters of a line below which nobody wants to read."""

Cell = tuple[str, str]
"""A text and its style on a terminal."""


def print_cases(cases: Sequence[Case]) -> None:
    """Print a line for each case, and how many there are."""
    rows = [
        (
            (case.id, "cyan"),
            (case.level.value, LEVEL_STYLES[case.level]),
            (" ".join(case.statements), ""),
            (case.title, ""),
        )
        for case in cases
    ]
    print_table(("case", "level", "statements", "title"), rows)
    if _on_terminal():
        click.echo(f"{len(cases)} {'case' if len(cases) == 1 else 'cases'}")


def print_case(case: Case) -> None:
    """Print everything that a case says."""
    head = {
        "case": case.id,
        "title": case.title,
        "level": case.level.value,
        "statements": " ".join(case.statements),
        "spec": case.spec_url,
        "placement": case.placement + MARKERS[case.marker],
        "from": case.where,
    }
    for name, value in head.items():
        click.echo(f"{name + ':':<12}{visible(value, keep='')}")
    click.echo("\nobjects:")
    click.echo(objects_yaml(case).rstrip())
    click.echo("\nprobes:")
    rows = [((probe.id, "cyan"), (visible(_sent(probe, case), keep=""), ""), _expected(probe)) for probe in case.probes]
    print_table(("probe", "request", "expected"), rows)


def print_coverage(found: Sequence[Covered]) -> None:
    """Print every statement with its cases, and how many have some."""
    rows: list[tuple[Cell, ...]] = []
    for covered in found:
        statement = covered.statement
        levels = "+".join(level.value for level in statement.level)
        head: tuple[Cell, ...] = ((statement.id, "bold"), (levels, ""))
        if not covered.cases:
            rows.append((*head, ("0", "yellow"), (NO_CASE, "yellow"), (statement.says, "")))
        for number, case in enumerate(covered.cases):
            first = number == 0
            start = (*head, (str(len(covered.cases)), "")) if first else (("", ""), ("", ""), ("", ""))
            rows.append((*start, (case, "cyan"), (statement.says if first else "", "")))
    print_table(("statement", "level", "cases", "case", "says"), rows)
    done = sum(1 for covered in found if covered.cases)
    cases = {case for covered in found for case in covered.cases}
    click.echo(f"\n{done} of {len(found)} statements have cases, {len(found) - done} have none yet; {len(cases)} cases")


def cases_json(cases: Iterable[Case]) -> str:
    """Return the cases as JSON: all that they say, and where each is written."""
    return json_for_output([{**case.model_dump(mode="json"), "where": case.where} for case in cases])


def coverage_json(found: Sequence[Covered]) -> str:
    """Return the coverage as JSON."""
    statements = [
        {
            "id": covered.statement.id,
            "section": covered.section,
            "level": [level.value for level in covered.statement.level],
            "says": covered.statement.says,
            "url": covered.url,
            "cases": list(covered.cases),
        }
        for covered in found
    ]
    done = sum(1 for covered in found if covered.cases)
    cases = {case for covered in found for case in covered.cases}
    summary = {"statements": len(found), "covered": done, "uncovered": len(found) - done, "cases": len(cases)}
    return json_for_output({"summary": summary, "statements": statements})


def objects_yaml(case: Case) -> str:
    """Return the objects of a case as a stream of YAML documents."""
    return yaml.dump_all(case.objects, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000)


class _Dumper(yaml.SafeDumper):
    """Writes every object out: readers of a case want no anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _sent(probe: Probe, case: Case) -> str:
    parts = [f"{probe.method} {probe.scheme}://{probe.host}{probe.target}"]
    parts += [f"{name}: {value}" for name, value in probe.headers]
    if probe.body is not None:
        parts.append(f"body {probe.body!r}")
    if not probe.named and default_host(case.objects):
        parts.append("no rule names the host")
    return ", ".join(parts)


def _expected(probe: Probe) -> Cell:
    outcome = probe.expect.outcome
    style = {NO_MATCH: "red", RECORD: "dim"}.get(outcome, "green")
    text = {RECORD: "recorded, not judged"}.get(outcome, outcome)
    witness = " (witness)" if probe.witness else ""
    return text + _received(probe.expect) + witness, style


def _received(expect: Expectation) -> str:
    if expect.received is None:
        return ""
    wanted = expect.received.model_dump(exclude_defaults=True)
    return ", having received " + ", ".join(f"{name} {value!r}" for name, value in wanted.items())


def _on_terminal() -> bool:
    return sys.stdout.isatty()


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Print rows under their headings: wrapped to a terminal, and whole lines elsewhere."""
    if _on_terminal():
        _print_rich(columns, rows)
        return
    lines = [columns, *([visible(text, keep="") for text, _ in row] for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    for line in lines:
        click.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _print_rich(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    # Only a terminal needs rich, and it takes as long to import as everything else together.
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.padding import Padding  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console()
    shown = [[Text(visible(text, keep=""), style) for text, style in row] for row in rows]
    if _least_width(columns, rows) > console.width:
        for row in shown:
            first, *others = (cell for cell in row if cell.plain not in {"", "-"})
            console.print(first, soft_wrap=True)
            if others:
                console.print(Padding(Text("  ").join(others), (0, 0, 0, 2)))
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column.lower() in WHOLE)
    for row in shown:
        table.add_row(*row)
    console.print(table)


def _least_width(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> int:
    """Return how wide a terminal must be for a table in which no id is broken in two, and the rest can be read."""
    needed = 0
    for number, column in enumerate(columns):
        texts = [visible(row[number][0], keep="") for row in rows] if column.lower() in WHOLE else []
        needed += max(map(len, [column, *texts])) if texts else _READABLE
    return needed + 3 * len(columns)
