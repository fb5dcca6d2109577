"""What an entry must satisfy beyond the shape of its file, so that it can run."""

import re
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath

from conformance.case.flaw import Flaw
from conformance.case.problems import did_you_mean, quoted
from conformance.controllers.entry import NAME, Entry
from conformance.controllers.placeholders import SITE, placeholders
from conformance.controllers.sources import PythonSource

_PROGRAM = r"[a-z][a-z0-9-]*"
_VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*"
_TAKEN = frozenset({"token", "kubeconfig", "controller.log"})
"""Files that an instance's folder has anyway."""


def lint(entry: Entry, statements: Collection[str] | None = None) -> tuple[Flaw, ...]:
    """Return what is wrong with an entry; ``statements`` are the ids that the specification has, if known."""
    found = (
        _names(entry),
        _claims(entry, statements),
        _programs(entry),
        _objects(entry),
        _files(entry),
        _variables(entry),
        _words(entry),
    )
    return tuple(flaw for flaws in found for flaw in flaws)


def _names(entry: Entry) -> Iterator[Flaw]:
    for pointer, name in ((("name",), entry.name), (("class", "name"), entry.ingress_class.name)):
        if not re.fullmatch(NAME, name):
            hint = "small letters, digits and dashes, at most 40 characters"
            yield Flaw(pointer, f"name cannot be {quoted(name)}", hint)


def _claims(entry: Entry, known: Collection[str] | None) -> Iterator[Flaw]:
    seen: set[str] = set()
    for number, claim in enumerate(entry.claims):
        pointer = ("claims", number, "statement")
        if known is not None and claim.statement not in known:
            hint = did_you_mean(claim.statement, known, otherwise="see: ingress-conformance cases coverage")
            yield Flaw(pointer, f"there is no statement {quoted(claim.statement)}", hint)
        if claim.statement in seen:
            yield Flaw(pointer, f"statement {claim.statement} is claimed twice")
        seen.add(claim.statement)


def _programs(entry: Entry) -> Iterator[Flaw]:
    for name in entry.process.programs:
        pointer = ("process", "programs", name)
        if not re.fullmatch(_PROGRAM, name):
            yield Flaw(pointer, f"a program cannot be called {quoted(name)}", "small letters, digits and dashes")
        elif name in SITE:
            yield Flaw(pointer, f"a program cannot be called {name}", f"{{{name}}} is the {SITE[name]}")


def _objects(entry: Entry) -> Iterator[Flaw]:
    for number, manifest in enumerate(entry.process.objects):
        metadata = manifest.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        missing = [key for key in ("apiVersion", "kind") if not isinstance(manifest.get(key), str)]
        missing += [] if isinstance(name, str) else ["metadata.name"]
        if missing:
            yield Flaw(("process", "objects", number), f"the object has no {', '.join(missing)}")


def _files(entry: Entry) -> Iterator[Flaw]:
    for name in entry.process.files:
        path = PurePosixPath(name)
        if "\0" in name or not path.parts or path.is_absolute() or ".." in path.parts:
            hint = "a path below the instance's folder, such as conf/main.yaml"
            yield Flaw(("process", "files", name), f"a file cannot be called {quoted(name)}", hint)
        elif str(path) in _TAKEN:
            yield Flaw(("process", "files", name), f"the file {path} is written by the suite", "give it another name")


def _variables(entry: Entry) -> Iterator[Flaw]:
    for name in entry.process.env:
        if not re.fullmatch(_VARIABLE, name):
            yield Flaw(("process", "env", name), f"a variable cannot be called {quoted(name)}", "letters, digits and _")


def _words(entry: Entry) -> Iterator[Flaw]:
    process = entry.process
    known = {*SITE, *process.programs}
    texts = [(("process", "command", number), word) for number, word in enumerate(process.command)]
    texts += [
        (("process", key, name), text) for key in ("env", "files") for name, text in getattr(process, key).items()
    ]
    modules = {name for name, source in process.programs.items() if isinstance(source, PythonSource)}
    for pointer, text in texts:
        for name in dict.fromkeys(placeholders(text)):
            if name not in known:
                otherwise = f"known here: {', '.join(sorted(known))}; {{{{{name}}}}} is the text itself"
                yield Flaw(pointer, f"{{{name}}} stands for nothing", did_you_mean(name, known, otherwise=otherwise))
            elif name in modules and (pointer[1] != "command" or text != f"{{{name}}}"):
                hint = "it is several words (python -m MODULE): let it stand alone as a word of the command"
                yield Flaw(pointer, f"{{{name}}} is a Python module and cannot be a part of a text", hint)
        if "\0" in text and pointer[1] != "files":
            yield Flaw(pointer, "a NUL character cannot be passed to a program", "take it out")
