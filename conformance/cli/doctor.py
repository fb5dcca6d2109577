"""``ingress-conformance doctor``: what this machine can run, what is missing, how to get it."""

# ruff: noqa: PLC0415 (imports take time, and the help must come at once)

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from conformance.cli.printing import format_option
from conformance.streams import json_for_output

if TYPE_CHECKING:
    from conformance.cli.checks import Check

_COLOURS = {"ready": "green", "on demand": "cyan", "absent": "yellow", "missing": "red"}


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
        click.echo(as_table(checks, runs=runs))
    return 0 if runs else 3


def as_json(checks: Sequence[Check], *, runs: bool) -> str:
    """Return the checks as JSON."""
    rows = [
        {"group": c.group, "name": c.name, "state": c.state.value, "detail": c.detail, "hint": c.hint or None}
        for c in checks
    ]
    return json_for_output({"embeddedClusterRuns": runs, "checks": rows})


def as_table(checks: Sequence[Check], *, runs: bool) -> str:
    """Return the checks as text with colours, group by group, with a last line that says what it comes to."""
    width = max(len(check.name) for check in checks)
    lines: list[str] = []
    group = ""
    for check in checks:
        if check.group != group:
            group = check.group
            lines += ["", f"{group}:"] if lines else [f"{group}:"]
        state = click.style(f"{check.state.value:<9}", fg=_COLOURS[check.state.value])
        lines.append(f"  {check.name:<{width}}  {state}  {check.detail}")
        if check.hint:
            lines.append(f"  {'':<{width}}  {'':<9}  hint: {check.hint}")
    conclusion = (
        "The embedded cluster runs here: ingress-conformance run traefik"
        if runs
        else "The embedded cluster does not run here; see what is missing above."
    )
    return "\n".join([*lines, "", conclusion])
