"""What ``migrate`` does once its input is read: ask both controllers side by side, and write the results."""

import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from conformance.case.model import Case
from conformance.cli.judging import saying
from conformance.cli.progress import display
from conformance.cli.side_by_side import Display, at_once, run_side_by_side
from conformance.clusters.kind.settings import KindSettings
from conformance.controllers.catalogue import check_overrides, find, parse_overrides
from conformance.controllers.command import process_of
from conformance.controllers.entry import Entry
from conformance.controllers.prepare import prepare
from conformance.errors import BadInput, ConformanceError, HarnessFailure
from conformance.migrate.changes import Pair
from conformance.migrate.found import Reading
from conformance.migrate.markdown import migration_markdown
from conformance.migrate.migration import migration_of
from conformance.migrate.model import Migration
from conformance.migrate.plan import Plan, plan_of
from conformance.migrate.refused import FILE_NAME as REFUSED
from conformance.migrate.refused import read_refusals, refused_of
from conformance.outfolder import cannot_write
from conformance.report.evidence import FOLDER, MIGRATION, mark_evidence
from conformance.report.reading import FILE_NAME, read_report
from conformance.site.pages import move_site
from conformance.site.writing import write_site
from conformance.visible import visible

INSIDE = "conformance.migrate.inside"
RECORDED = "ingress-nginx"
"""The controller whose answers the cases of level parity hold."""

INTERRUPTED = 130

Ask = Callable[..., dict[str, int]]
"""Asks controllers all cases; returns the exit status of each by its name."""


@dataclass(frozen=True)
class Wanted:
    """What the user asked for; on embedded clusters, unless there are settings of ``kind`` clusters."""

    old: str
    new: str
    programs: tuple[str, ...]
    out: Path
    kind: KindSettings | None = None


class Stopped(ConformanceError):
    """The user ended it."""

    exit_status = INTERRUPTED


def migrate_objects(wanted: Wanted, reading: Reading) -> Migration:
    """Judge the Ingresses on both controllers, write the files, and return what changes.

    Raises:
        ConformanceError: a controller cannot be had, or could not be asked.
    """
    entries = _entries(wanted, (wanted.old, wanted.new))
    ask = _way_to_ask(entries, wanted)
    plan = plan_of(reading.ingresses)
    while refused := _ask_about(plan, entries, ask, wanted.out / FOLDER):
        # They may have had a part in every question about their groups.
        plan = plan_of(reading.ingresses, {found.label: why for found, why in plan.refused} | refused)
    old, new = (read_report(wanted.out / FOLDER / entry.name / FILE_NAME).report for entry in entries)
    migration = migration_of(reading, plan, Pair(old, new))
    write_files(migration, wanted.out)
    return migration


def _ask_about(plan: Plan, entries: Sequence[Entry], ask: Ask, asked: Path) -> dict[str, str]:
    """Ask all that is planned; if an API server refuses some of its Ingresses, return by their labels why instead.

    Raises:
        ConformanceError: there is nothing to ask, or a controller could not be asked.
    """
    if not plan.cases:
        whys = [
            *map(str, plan.troubles),
            *(f"{found.origin}: Ingress {found.label}: {why}" for found, why in plan.refused),
        ]
        raise BadInput("nothing can be asked", hint="\n".join(whys))
    counted = sum(len(case.probes) for case in plan.cases)
    number = sum(len(group.ingresses) for one in plan.asked for group in (one.group, *one.alike))
    click.echo(f"{number} Ingresses, {len(plan.asked)} shapes, {counted} requests to each", err=True)
    _ask(entries, plan.cases, ask, asked)
    refused: dict[str, str] = {}
    for entry in entries:
        refused |= refused_of(plan, read_refusals(asked / entry.name))
    for label, why in refused.items():
        click.echo(visible(f"not judged: Ingress {label}: {why}", keep=""), err=True)
    return refused


def migrate_profile(wanted: Wanted) -> Migration:
    """Judge by the cases of level parity, write the files, and return what changes.

    ingress-nginx itself need not be there: what was recorded of it stands in these cases.

    Raises:
        ConformanceError: a controller cannot be had, or could not be judged.
    """
    from conformance.cli.migrating_profile import profile_migration  # noqa: PLC0415

    (entry,) = _entries(wanted, (wanted.new,))
    click.echo(f"no manifests: judging the cases of level parity on {entry.name}; takes minutes", err=True)
    migration = profile_migration(wanted.new, entry.name, wanted.programs, wanted.out)
    write_files(migration, wanted.out)
    return migration


def write_files(migration: Migration, out: Path) -> None:
    """Write the migration as JSON, as Markdown and as a page.

    Raises:
        BadInput: the folder is no place to write to.
        HarnessFailure: the disk does not take it.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in ((MIGRATION, migration.to_json()), ("migration.md", migration_markdown(migration))):
            partial = out / f"{name}.partial"
            partial.write_text(text, encoding="utf-8")
            partial.replace(out / name)
    except OSError as error:
        raise cannot_write(error, out) from error
    write_site(move_site(migration), out / "site")


def _entries(wanted: Wanted, given: Sequence[str]) -> list[Entry]:
    """Return the entries of the controllers, ready to run.

    Raises:
        BadInput: there is no such controller, or both are the same.
        HarnessFailure: a program cannot be had.
    """
    overrides = parse_overrides(wanted.programs)
    entries = [find(name, overrides) for name in given]
    if len({entry.name for entry in entries}) < len(entries):
        hint = "variants have names of their own: see `controllers list`"
        raise BadInput(f"both are {entries[0].name}", where="--from/--to", hint=hint)
    check_overrides(entries, overrides)
    if wanted.kind is not None:
        return entries
    for entry in entries:
        process_of(entry)
        try:
            prepare(entry, overrides, saying(entry))
        except ConformanceError as error:
            if entry.name != RECORDED:
                raise
            hint = (
                "add --cluster kind, where its image is installed; "
                "or name its parts with --set binary=… --set nginx=… --set data=… (`controllers show ingress-nginx`); "
                "or see what was recorded of it, without your objects: "
                f"ingress-conformance migrate --from {RECORDED} --to {wanted.new}; or try --from traefik-nginx, "
                "which reads the same annotations but is another program"
            )
            message = f"ingress-nginx cannot be asked about your objects here: {error.message}"
            raise HarnessFailure(message, where="--from", hint=hint) from error
    return entries


def _way_to_ask(entries: Sequence[Entry], wanted: Wanted) -> Ask:
    """Return how the controllers are asked.

    Raises:
        BadInput: one of them cannot be asked in this way.
    """
    if wanted.kind is None:
        return partial(_ask_inside, wanted=wanted)
    # Imported where it is needed: embedded clusters have no use for what installs controllers in pods.
    from conformance.cli.asking_on_kind import ask_on_kind, installable  # noqa: PLC0415

    return partial(ask_on_kind, settings=installable(entries, wanted.kind))


def _ask(entries: Sequence[Entry], cases: Sequence[Case], ask: Ask, asked: Path) -> None:
    mark_evidence(asked)
    for entry in entries:
        # What an older run left must not be taken for what this one saw.
        for name in (FILE_NAME, REFUSED):
            (asked / entry.name / name).unlink(missing_ok=True)
    with display(Console(stderr=True)) as shown:
        statuses = ask(entries, cases, asked=asked, shown=shown)
    if INTERRUPTED in statuses.values():
        raise Stopped("interrupted")
    failed = [name for name, status in statuses.items() if status]
    if failed:
        raise HarnessFailure(f"could not be asked: {', '.join(failed)}", hint="what it said stands above")


def _ask_inside(
    entries: Sequence[Entry], cases: Sequence[Case], *, wanted: Wanted, asked: Path, shown: Display
) -> dict[str, int]:
    """Ask the controllers side by side, each in namespaces of its own; return the exit status of each by its name."""
    names = {entry.name: name for entry, name in zip(entries, (wanted.old, wanted.new), strict=True)}
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8", dir=_temporary()) as file:
        json.dump([case.model_dump(mode="json") for case in cases], file)
        file.flush()
        commands = {
            name: [
                *("--controller", given, "--cases", file.name, "--out", str(asked)),
                *(word for program in wanted.programs for word in ("--set", program)),
            ]
            for name, given in names.items()
        }
        return run_side_by_side(commands, at_once(len(commands)), asked, shown, module=INSIDE)


def _temporary() -> str | None:
    """Return the folder for the cases: none that the private namespaces put something else over."""
    return os.environ.get("TMPDIR")
