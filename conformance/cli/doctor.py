"""``ingress-conformance doctor``: what this machine can run, what is missing, how to get it."""

# ruff: noqa: PLC0415 (imports take time, and the help must come at once)

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from conformance.cli.printing import format_option
from conformance.streams import json_for_output

if TYPE_CHECKING:
    from conformance.cli.checks import Check

_COLOURS = {"ready": "green", "on demand": "cyan", "absent": "yellow", "missing": "red"}

_NARROWEST = 20


@click.command()
@format_option("table", "json")
def doctor(form: str) -> int:
    """Show what this machine can run, what is missing, and how to get it.

    Nothing is installed, downloaded or changed. A thing is `ready`, comes `on demand` (fetched or built when it is
    first needed), is `absent` (something works less well without it), or is `missing` (the embedded cluster cannot
    run without it).

    \b
    Examples:
      ingress-conformance doctor
      ingress-conformance doctor --format json

    Exit status: 0 if the embedded cluster can run here, else 3.
    """
    from conformance.cli.checks import all_checks, embedded_cluster_runs

    checks = all_checks()
    runs = embedded_cluster_runs(checks)
    if form == "json":
        click.echo(as_json(checks, runs=runs))
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        click.echo(as_table(checks, runs=runs, width=width))
    return 0 if runs else 3


def as_json(checks: Sequence[Check], *, runs: bool) -> str:
    """Return the checks as JSON."""
    rows = [
        {"group": c.group, "name": c.name, "state": c.state.value, "detail": c.detail, "hint": c.hint or None}
        for c in checks
    ]
    return json_for_output({"embeddedClusterRuns": runs, "checks": rows})


def as_table(checks: Sequence[Check], *, runs: bool, width: int | None = None) -> str:
    """Return the checks as text with colours, group by group, with a last line that says what it comes to.

    ``width`` is that of a terminal; without one no line is wrapped.
    """
    first = max(len(check.name) for check in checks)
    margin = " " * (2 + first + 2 + 9 + 2)
    lines: list[str] = []
    group = ""
    for check in checks:
        if check.group != group:
            group = check.group
            lines += ["", f"{group}:"] if lines else [f"{group}:"]
        state = click.style(f"{check.state.value:<9}", fg=_COLOURS[check.state.value])
        detail, *rest = _wrapped(check.detail, width, margin)
        lines += [f"  {check.name:<{first}}  {state}  {detail}", *(margin + line for line in rest)]
        if check.hint:
            lines += [margin + line for line in _wrapped(f"hint: {check.hint}", width, margin)]
    conclusion = (
        "The embedded cluster runs here: ingress-conformance run traefik"
        if runs
        else "The embedded cluster does not run here; see what is missing above."
    )
    return "\n".join([*lines, "", conclusion])


def _wrapped(text: str, width: int | None, margin: str) -> list[str]:
    """Return the lines of a text that stands behind a margin; a path is never broken in two."""
    if width is None:
        return [text]
    room = max(_NARROWEST, width - len(margin))
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]
