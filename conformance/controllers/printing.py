"""The catalogue as text: a table, JSON, and everything about one entry. Whoever wrote it, no terminal obeys it."""

import json
import shlex
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from conformance.case.printing import print_table
from conformance.controllers.command import shown_command
from conformance.controllers.entry import Entry
from conformance.controllers.installation import Installation
from conformance.controllers.placeholders import SITE, all_placeholders
from conformance.controllers.process import Process
from conformance.controllers.programs import ProgramState, program_states
from conformance.streams import json_for_output
from conformance.visible import visible

_HEADINGS = ("NAME", "VERSION", "LICENCE", "CLUSTERS", "ON THIS MACHINE", "VARIANT OF")
_NOTE_WIDTH = 110


def print_entries(entries: Sequence[Entry]) -> None:
    """Print a line for each entry, which a terminal gets wrapped."""
    rows = [
        (entry.name, entry.version, entry.licence, clusters_of(entry), on_this_machine(entry), entry.variant_of or "-")
        for entry in entries
    ]
    print_table(_HEADINGS, [[(text, "") for text in row] for row in rows])


def clusters_of(entry: Entry) -> str:
    """Return the kinds of cluster that the entry says how to run on."""
    ways = []
    if entry.process:
        ways.append("local" if entry.process.verified else "local (untried)")
    if entry.manifests:
        ways.append("kind" if entry.manifests.verified else "kind (untried)")
    return ", ".join(ways)


def on_this_machine(entry: Entry) -> str:
    """Return in a few words how its programs are had: the worst of them first."""
    if entry.process is None:
        return f"image {entry.manifests.images[0].partition('@')[0]}" if entry.manifests else "nothing"
    states = program_states(entry)
    missing = [state for state in states if state.missing]
    if missing:
        return f"missing: {'; '.join(state.missing for state in missing)}"
    by_summary: dict[str, None] = dict.fromkeys(state.summary for state in states)
    return "; ".join(by_summary)


def entries_json(entries: Iterable[Entry]) -> str:
    """Return the entries as JSON, each with how its programs are had on this machine."""
    return json_for_output([_values(entry) for entry in entries])


def entry_text(entry: Entry) -> str:
    """Return everything about an entry as plain text."""
    names = entry.ingress_class
    facts = [
        ("name", entry.name),
        ("project", entry.project),
        ("home", entry.url),
        ("version", entry.version),
        ("licence", entry.licence),
        *([("variant of", entry.variant_of)] if entry.variant_of else []),
        ("class", f"{names.name} (controller {names.controller})"),
        ("exclusive cases", _exclusive(entry)),
    ]
    parts = [
        f"{visible(entry.title, keep='')}\n{visible(entry.description)}",
        "\n".join(_aligned([(f"{key}:", value) for key, value in facts])),
        *(_process_parts(entry, entry.process) if entry.process else ()),
        *(_installation_parts(entry.manifests) if entry.manifests else ()),
        _section("Declared unsupported", [f"{name}: {why}" for name, why in entry.unsupported.items()] or ["nothing"]),
        _section("Notes", [line for note in entry.notes for line in _note_lines(note.text, note.link)]),
    ]
    return "\n\n".join(part for part in parts if part)


def _process_parts(entry: Entry, process: Process) -> list[str]:
    states = program_states(entry)
    private = process.private
    untried = "" if process.verified else "Nobody has run this entry on the embedded cluster yet."
    seen = [*(private.folders if private else ()), *(["its processes only"] if private and private.processes else [])]
    return [
        untried,
        _section("Programs", [line for state in states for line in _program_lines(state)]),
        _section("Before each start", [shlex.join(command) for command in process.before]),
        _section("Command line", _command_lines(process.command, states)),
        *(_section(f"Beside it: {name}", _command_lines(words, states)) for name, words in process.beside.items()),
        _section("Placeholders", _placeholder_lines(process)),
        _section("Environment", [f"{name}={text}" for name, text in process.env.items()]),
        _section("Files", [*process.files, *(f"{name}/" for name in process.empty_folders)]),
        _section("Sees for itself", seen),
        _section("Rights (ClusterRole)", [_rule(rule.model_dump(exclude_none=True)) for rule in process.rbac]),
        _section(
            "Objects", [f"{m['kind']} {m['metadata']['name']}" for m in process.objects] + list(process.object_files)
        ),
    ]


def _installation_parts(manifests: Installation) -> list[str]:
    reach = manifests.reach
    lines = [
        f"as said in {manifests.source}",
        f"version {manifests.version}, in namespace {manifests.namespace}, ready when {manifests.ready} is",
        *(
            f"chart {chart.name} {chart.version} of {chart.repository} as {chart.release}"
            + (f" with {json.dumps(chart.values)}" if chart.values else "")
            for chart in manifests.charts
        ),
        *manifests.files,
        *(["manifests of this suite, after that page"] if manifests.template else ()),
        *(f"image {image}{'' if '@' in image else ' (digest unknown)'}" for image in manifests.images),
        f"reached through Service {reach.service}, ports {reach.http} and {reach.https}",
        f"verified: {manifests.verified or 'no, nobody has tried it yet'}",
    ]
    return [_section("In a cluster that runs pods", lines)]


def _note_lines(text: str, link: str | None) -> Iterable[str]:
    first, *rest = textwrap.wrap(text, _NOTE_WIDTH) or [""]
    yield f"- {first}"
    yield from (f"  {line}" for line in [*rest, *([link] if link else [])])


def _exclusive(entry: Entry) -> str:
    ways = {"local": (entry.process, entry.instances), "kind": (entry.manifests, entry.instances_in_pods)}
    said = {cluster: _at_once(instances) for cluster, (way, instances) in ways.items() if way}
    if len(set(said.values())) == 1:
        return next(iter(said.values()))
    return "; ".join(f"{cluster}: {text}" for cluster, text in said.items())


def _at_once(instances: int) -> str:
    if instances == 1:
        return "one after the other on the only instance"
    return f"up to {instances} at once, each with an instance, a class and an address of its own"


def _values(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "title": entry.title,
        "description": entry.description,
        "project": entry.project,
        "url": entry.url,
        "licence": entry.licence,
        "version": entry.version,
        "variantOf": entry.variant_of,
        "class": entry.ingress_class.name,
        "controller": entry.ingress_class.controller,
        "instances": entry.instances,
        "unsupported": dict(entry.unsupported),
        "notes": [note.model_dump(mode="json") for note in entry.notes],
        "clusters": clusters_of(entry).split(", "),
        "command": list(shown_command(entry, {})),
        "programs": [
            {
                "name": state.name,
                "source": state.source,
                "state": "missing" if state.missing else "ready" if state.words else "on demand",
                "missing": state.missing or None,
                "hint": state.hint or None,
            }
            for state in program_states(entry)
        ],
    }


def _program_lines(state: ProgramState) -> Iterable[str]:
    yield f"{state.name}: {state.summary}"
    if state.words:
        yield f"  {shlex.join(state.words)}"
    if state.hint:
        yield f"  hint: {state.hint}"


def _command_lines(command: Sequence[str], states: Iterable[ProgramState]) -> list[str]:
    # Placeholders need no quotes to be read, and would be hidden by them.
    here = {state.name: shlex.join(state.words) for state in states if state.words}
    first, *others = command
    program = here.get(first[1:-1]) if first == f"{{{first[1:-1]}}}" else None
    lines = [program or first, *others]
    return [f"{'  ' if number else ''}{line}" for number, line in enumerate(lines)]


def _placeholder_lines(process: Process) -> list[str]:
    texts = [process.command, process.before, process.beside, process.env, process.files, process.objects]
    asked = {name for name in all_placeholders(texts) if name in SITE}
    return _aligned([(f"{{{name}}}", meaning) for name, meaning in SITE.items() if name in asked])


def _rule(rule: dict[str, Sequence[str]]) -> str:
    groups = [group or "core" for group in rule.get("apiGroups", ())]
    what = (*rule.get("resources", ()), *rule.get("nonResourceURLs", ()))
    only = f" (only {', '.join(rule['resourceNames'])})" if rule.get("resourceNames") else ""
    return f"{', '.join(rule['verbs'])}: {', '.join(what)}{only}" + (f" of {', '.join(groups)}" if groups else "")


def _section(title: str, lines: Sequence[str]) -> str:
    shown = [visible(f"{title}:", keep=""), *(visible(f"  {line}", keep="") for line in lines)]
    return "\n".join(shown) if lines else ""


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    shown = [[visible(cell, keep="") for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in shown) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in shown]
