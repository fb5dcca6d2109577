"""The catalogue as text: a table, JSON, and everything about one entry."""

import json
import shlex
from collections.abc import Iterable, Sequence
from typing import Any

from conformance.controllers.command import shown_command
from conformance.controllers.entry import Entry
from conformance.controllers.placeholders import SITE, placeholders
from conformance.controllers.programs import ProgramState, program_states

_HEADINGS = ("NAME", "PROJECT", "VERSION", "LICENCE", "ON THIS MACHINE", "VARIANT OF")


def entries_table(entries: Sequence[Entry]) -> str:
    """Return the entries as a table of plain text."""
    rows = [
        (
            entry.name,
            entry.project,
            entry.version,
            entry.licence,
            "; ".join(state.summary for state in program_states(entry)),
            entry.variant_of or "-",
        )
        for entry in entries
    ]
    return "\n".join(_aligned([_HEADINGS, *rows]))


def entries_json(entries: Iterable[Entry]) -> str:
    """Return the entries as JSON, each with how its programs are had on this machine."""
    return json.dumps([_values(entry) for entry in entries], indent=2, ensure_ascii=False)


def entry_text(entry: Entry) -> str:
    """Return everything about an entry as plain text."""
    states = program_states(entry)
    names = entry.ingress_class
    facts = [
        ("name", entry.name),
        ("project", entry.project),
        ("home", entry.url),
        ("version", entry.version),
        ("licence", entry.licence),
        *([("variant of", entry.variant_of)] if entry.variant_of else []),
        ("class", f"{names.name} (controller {names.controller})"),
        ("exclusive cases", _EXCLUSIVE[entry.exclusive]),
    ]
    parts = [
        f"{entry.title}\n{entry.description}",
        "\n".join(_aligned([(f"{key}:", value) for key, value in facts])),
        _section("Programs", [line for state in states for line in _program_lines(state)]),
        _section("Command line", _command_lines(entry, states)),
        _section("Placeholders", _placeholder_lines(entry)),
        _section("Environment", [f"{name}={text}" for name, text in entry.process.env.items()]),
        _section("Files", list(entry.process.files)),
        _section("Rights (ClusterRole)", [_rule(rule.model_dump(exclude_none=True)) for rule in entry.process.rbac]),
        _section("Objects", [f"{m['kind']} {m['metadata']['name']}" for m in entry.process.objects]),
        _section("Declared unsupported", [f"{name}: {why}" for name, why in entry.unsupported.items()] or ["nothing"]),
    ]
    return "\n\n".join(part for part in parts if part)


_EXCLUSIVE = {
    "instance": "may have an instance of their own, with a class and an address of its own",
    "serial": "one after the other on the only instance",
}


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
        "unsupported": dict(entry.unsupported),
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


def _command_lines(entry: Entry, states: Iterable[ProgramState]) -> list[str]:
    # Placeholders need no quotes to be read, and would be hidden by them.
    here = {state.name: shlex.join(state.words) for state in states if state.words}
    first, *others = entry.process.command
    program = here.get(first[1:-1]) if first == f"{{{first[1:-1]}}}" else None
    lines = [program or first, *others]
    return [f"{'  ' if number else ''}{line}" for number, line in enumerate(lines)]


def _placeholder_lines(entry: Entry) -> list[str]:
    texts = (*entry.process.command, *entry.process.env.values(), *entry.process.files.values())
    asked = {name for text in texts for name in placeholders(text) if name in SITE}
    return _aligned([(f"{{{name}}}", meaning) for name, meaning in SITE.items() if name in asked])


def _rule(rule: dict[str, Sequence[str]]) -> str:
    groups = [group or "core" for group in rule.get("apiGroups", ())]
    what = (*rule.get("resources", ()), *rule.get("nonResourceURLs", ()))
    only = f" (only {', '.join(rule['resourceNames'])})" if rule.get("resourceNames") else ""
    return f"{', '.join(rule['verbs'])}: {', '.join(what)}{only}" + (f" of {', '.join(groups)}" if groups else "")


def _section(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"{title}:", *(f"  {line}" for line in lines)]) if lines else ""


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
