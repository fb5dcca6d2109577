"""From the file of an entry to the entry, or to everything that is wrong with it."""

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from conformance.case.flaw import Flaw
from conformance.case.problems import SHOWN_PER_FILE, Problem, did_you_mean, either, quoted
from conformance.case.source import read_text, shown
from conformance.case.statements import load_statements
from conformance.case.validation import Document, validated
from conformance.case.yaml_tree import Entries, parse
from conformance.controllers.entry import Entry, NewEntry, Variant
from conformance.controllers.gomodules import pins_lacking
from conformance.controllers.lint import lint
from conformance.controllers.parts import COPY, Whole, read_parts, with_parts
from conformance.controllers.sources import GoFileSource, GoSource
from conformance.errors import BadInput

_NEIGHBOUR = "copy an entry of the catalogue and change it; see: ingress-conformance controllers list"
_HINTS = {
    "a case file begins with its section and title": _NEIGHBOUR,
    "one file holds one section: take out the ---": "one file holds one controller: take out the ---",
    "give case files, or a folder that holds them": "give the YAML file of a controller",
    "check the path; without one the built-in cases are used": "check the path",
    "split it: one file per section": "one file holds one controller",
}
"""The readers of case files speak of case files."""

_ADDED_UP = ("env", "files")
"""Where a variant adds to what the other entry has, instead of replacing it."""


class EntryErrors(BadInput):
    """Everything that is wrong with the file of an entry, not only the first thing."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        lines = [str(problem) for problem in self.problems[:SHOWN_PER_FILE]]
        rest = len(self.problems) - len(lines)
        super().__init__("\n".join([*lines, *([f"{rest} more problems"] if rest else [])]))


def read_entry(path: Path, folder: Path, cases: Collection[str] | None = None) -> Entry:
    """Return the entry in a file; ``folder`` is the catalogue, where variants find what they vary.

    ``cases`` are the ids that claims may name; ``None`` where that is not asked, as by a run: it may have only some.

    Raises:
        EntryErrors: the file, or the one it varies, cannot be read or is wrong.
    """
    document = _document(path)
    own = _beside(document, path.parent)
    if isinstance(document.model, Variant):
        base_path = _varied(document, path.parent, folder)
        base = _document(base_path)
        if isinstance(base.model, Variant):
            hint = f"vary {base.model.variant_of} itself"
            problem = document.problem(("variant-of",), f"{base.model.name} is a variant itself", hint)
            raise EntryErrors([problem])
        if base.model.process is None and document.model.process:
            hint = "describe the controller in full, in an entry of its own"
            problem = document.problem(("process",), f"{base.model.name} has no process that could be varied", hint)
            raise EntryErrors([problem])
        values = varied(_beside(base, base_path.parent), own)
        kept = 0 if document.model.process and document.model.process.command else len(_command(base.values))
    else:
        values, kept = own, 0
    entry = Entry.model_validate(_with_version(values))
    known = {statement.id for statement in load_statements().statements()}
    flaws = (*lint(entry, known, cases), *(_unpinned(entry, document.values) if cases is not None else ()))
    problems = tuple(_placed(document, flaws, kept, len(_command(document.values))))
    if problems:
        raise EntryErrors(problems)
    return entry


def varied(base: Mapping[str, Any], variant: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of an entry: those of ``base`` where ``variant`` (both as written) gives no others."""
    process = dict(base.get("process") or {})
    changes = dict(variant.get("process") or {})
    added = changes.pop("add-arguments", [])
    for key, value in changes.items():
        process[key] = {**process.get(key, {}), **value} if key in _ADDED_UP else value
    if added:
        process["command"] = [*process.get("command", []), *added]
    made = {**base, **variant, **({"process": process} if process else {})}
    if variant.get("process") and "manifests" not in variant:
        # What runs otherwise as a process would not do so where the other entry is installed.
        made.pop("manifests", None)
    return made


def _with_version(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values with the entry's version where the installation gives none."""
    installation = values.get("manifests")
    if not installation or installation.get("version"):
        return values
    return {**values, "manifests": {**installation, "version": values["version"]}}


def _beside(document: Document[Any], folder: Path) -> dict[str, Any]:
    """Return the values with what lies beside the entry's file: Go modules by absolute path, templates as files."""
    values: dict[str, Any] = document.values
    installation = dict(values.get("manifests") or {})
    if installation.get("template"):
        installation["template"] = _read(document, ("manifests", "template"), folder / installation["template"])
        values = {**values, "manifests": installation}
    process = dict(values.get("process") or {})
    if not process:
        return dict(values)
    programs = {
        name: {**source, "go": str(folder.absolute() / source["go"])} if "go" in source else source
        for name, source in (process.get("programs") or {}).items()
    }
    read = {name: _template(document, name, folder) for name in process.pop("templates", {})}
    files = {**read, **process.get("files", {})}
    return {**values, "process": {**process, **({"programs": programs} if programs else {}), "files": files}}


def _template(document: Document[Any], name: str, folder: Path) -> str:
    path = folder / document.values["process"]["templates"][name]
    return _read(document, ("process", "templates", name), path)


def _read(document: Document[Any], pointer: tuple[str, ...], path: Path) -> str:
    text = read_text(path)
    if isinstance(text, Problem):
        raise EntryErrors([document.problem(pointer, f"{text.file}: {text.message}", COPY)])
    return text


def is_path(name: str) -> bool:
    """Tell whether what a user wrote names a file and not an entry of the catalogue."""
    return "/" in name or name.endswith((".yaml", ".yml"))


def _varied(document: Document[Variant], beside: Path, folder: Path) -> Path:
    """Return the file of the entry that a variant names; where there is none, it is the name that is wrong."""
    name, pointer = document.model.variant_of, ("variant-of",)
    if is_path(name):
        _read(document, pointer, beside / name)
        return beside / name
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if name not in known:
        hint = did_you_mean(name, known, otherwise=f"there are {either(known)}; a file's path ends in .yaml")
        raise EntryErrors([document.problem(pointer, f"there is no controller {quoted(name)}", hint)])
    return folder / f"{name}.yaml"


def _document(path: Path) -> Whole[NewEntry] | Whole[Variant]:
    file = shown(path)
    text = read_text(path)
    if isinstance(text, Problem):
        raise EntryErrors([_reworded(text)])
    root, problems = parse(text, file)
    if root is None or problems:
        raise EntryErrors(_reworded(problem) for problem in problems)
    if not isinstance(root, Entries):
        raise EntryErrors([Problem(file, "the file is not a mapping", _NEIGHBOUR, root.place)])
    model: type[NewEntry | Variant] = Variant if "variant-of" in root.nodes else NewEntry
    parts, wrong = read_parts(root, file, path.parent)
    if wrong:
        raise EntryErrors(wrong)
    document = validated(with_parts(root, parts), file, model)
    if isinstance(document, tuple):
        raise EntryErrors(document)
    # mypy joins the two models to their common base
    return Whole(file, document.root, document.model, parts)  # type: ignore[return-value]


def _unpinned(entry: Entry, written: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield the Go modules of this very file that are not there; a run may have a program of the user's instead."""
    for name, source in entry.process.programs.items() if entry.process else ():
        own = (written.get("process") or {}).get("programs") or {}
        if name in own and isinstance(source, (GoSource, GoFileSource)) and (lacking := pins_lacking(source)):
            message = f"the folder {own[name]['go']} has no {' and no '.join(lacking)}"
            yield Flaw(("process", "programs", name, "go"), message, COPY)


def _placed(document: Document[Any], flaws: Collection[Flaw], kept: int, own: int) -> Iterator[Problem]:
    # A variant's command continues in add-arguments: behind ``kept`` words of the other entry, or ``own`` of its own.
    for pointer, message, hint in flaws:
        place = tuple(pointer)
        if place[:2] == ("process", "command") and isinstance(place[2], int) and place[2] >= (kept or own):
            place = ("process", "add-arguments", place[2] - (kept or own))
        yield document.problem(place, message, hint)


def _command(values: Mapping[str, Any]) -> list[str]:
    command: list[str] = (values.get("process") or {}).get("command") or []
    return command


def _reworded(problem: Problem) -> Problem:
    return dataclasses.replace(problem, hint=_HINTS.get(problem.hint, problem.hint))
