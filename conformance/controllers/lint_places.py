"""What is wrong with the processes of an entry: names, files, and placeholders that stand for nothing."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from conformance.case.flaw import Flaw
from conformance.case.problems import did_you_mean, quoted
from conformance.controllers.placeholders import FOLDER_OF, SITE, all_placeholders
from conformance.controllers.process import Process
from conformance.controllers.sources import PythonSource, WheelModuleSource

_NAME = r"[a-z][a-z0-9-]*"
_LABEL = r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?"
_VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*"
_TAKEN = frozenset({"token", "kubeconfig", "default.crt", "default.key", "controller.log", "private"})
"""What an instance's folder has anyway."""

_IN_OBJECTS = frozenset({"class", "controller", "number", "namespace", "account", "pod", "address"}) | frozenset(
    {"http-port", "https-port", "server", "api-host", "api-port"}
)
"""What objects may ask for: nothing secret, and no path of the machine."""


def process_flaws(process: Process) -> Iterator[Flaw]:
    """Yield what is wrong; pointers begin with ``process``."""
    yield from _programs(process)
    yield from _namespace(process)
    yield from _objects(process)
    yield from _files(process)
    yield from _folders(process)
    yield from _variables(process)
    yield from _words(process)


def _programs(process: Process) -> Iterator[Flaw]:
    for kind, names in (("programs", process.programs), ("tokens", process.tokens), ("beside", process.beside)):
        for name in names:
            pointer = ("process", kind, name)
            what = {"programs": "program", "tokens": "token", "beside": "process"}[kind]
            if not re.fullmatch(_NAME, name):
                yield Flaw(pointer, f"a {what} cannot be called {quoted(name)}", "small letters, digits and dashes")
            elif kind != "beside" and name in SITE:
                yield Flaw(pointer, f"a {what} cannot be called {name}", f"{{{name}}} is the {SITE[name]}")
    for name in process.tokens.keys() & process.programs.keys():
        yield Flaw(("process", "tokens", name), f"{name} is a program already", "give the token another name")


def _namespace(process: Process) -> Iterator[Flaw]:
    if process.namespace and not re.fullmatch(_LABEL, process.namespace):
        hint = "small letters, digits and dashes, at most 40 characters"
        yield Flaw(("process", "namespace"), f"a namespace cannot be called {quoted(process.namespace)}", hint)


def _objects(process: Process) -> Iterator[Flaw]:
    for number, manifest in enumerate(process.objects):
        pointer = ("process", "objects", number)
        metadata = manifest.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        missing = [key for key in ("apiVersion", "kind") if not isinstance(manifest.get(key), str)]
        missing += [] if isinstance(name, str) else ["metadata.name"]
        if missing:
            yield Flaw(pointer, f"the object has no {', '.join(missing)}")
        for asked in dict.fromkeys(all_placeholders(manifest)):
            if asked not in _IN_OBJECTS:
                otherwise = f"objects may ask for: {', '.join(sorted(_IN_OBJECTS))}"
                hint = did_you_mean(asked, _IN_OBJECTS, otherwise=otherwise)
                yield Flaw(pointer, f"{{{asked}}} stands for nothing in an object", hint)


def _files(process: Process) -> Iterator[Flaw]:
    folders = _private(process)
    named: list[tuple[tuple[str | int, ...], str]] = [(("process", "files", name), name) for name in process.files]
    named += [(("process", "empty-folders", number), name) for number, name in enumerate(process.empty_folders)]
    for pointer, name in named:
        path = PurePosixPath(name)
        if "\0" in name or not path.parts or ".." in path.parts:
            hint = "a path below the instance's folder, such as conf/main.yaml"
            yield Flaw(pointer, f"a file or folder cannot be called {quoted(name)}", hint)
        elif path.is_absolute() and not any(path.is_relative_to(folder) for folder in folders):
            hint = "give a path below the instance's folder, or list a folder above it in private: folders"
            yield Flaw(pointer, f"{name} is a place of the machine", hint)
        elif path.parts[0] in _TAKEN or str(path).removesuffix(".log") in process.beside:
            yield Flaw(pointer, f"{path} is written by the suite", "give it another name")


def _folders(process: Process) -> Iterator[Flaw]:
    for name in _private(process):
        path = PurePosixPath(name)
        if "\0" in name or not path.is_absolute() or ".." in path.parts or len(path.parts) < 2 or str(path) != name:
            hint = "an absolute path without a slash at its end, such as /etc/nginx"
            yield Flaw(("process", "private", "folders", name), f"a folder cannot be called {quoted(name)}", hint)


def _variables(process: Process) -> Iterator[Flaw]:
    for name in process.env:
        if not re.fullmatch(_VARIABLE, name):
            yield Flaw(("process", "env", name), f"a variable cannot be called {quoted(name)}", "letters, digits and _")


def _private(process: Process) -> dict[str, str]:
    return process.private.folders if process.private else {}


def _texts(process: Process) -> Iterator[tuple[tuple[Any, ...], str, bool]]:
    """Yield each text with its place, and whether it is a word of a command."""
    commands: list[tuple[tuple[Any, ...], tuple[str, ...]]] = [(("command",), process.command)]
    commands += [(("before", number), command) for number, command in enumerate(process.before)]
    commands += [(("beside", name), command) for name, command in process.beside.items()]
    for place, command in commands:
        for number, word in enumerate(command):
            yield ("process", *place, number), word, True
    for key, texts in (("env", process.env), ("files", process.files)):
        for name, text in texts.items():
            yield ("process", key, name), text, False
    for name, text in _private(process).items():
        yield ("process", "private", "folders", name), text, False
    for number, text in enumerate(process.object_files):
        yield ("process", "object-files", number), text, False


def _words(process: Process) -> Iterator[Flaw]:
    several = {
        name for name, source in process.programs.items() if isinstance(source, (PythonSource, WheelModuleSource))
    }
    folders = {f"{name}{FOLDER_OF}" for name in process.programs.keys() - several}
    known = {*SITE, *process.programs, *process.tokens, *folders}
    for pointer, text, is_word in _texts(process):
        for name in dict.fromkeys(all_placeholders(text)):
            if name not in known:
                otherwise = f"known here: {', '.join(sorted(known))}; {{{{{name}}}}} is the text itself"
                yield Flaw(pointer, f"{{{name}}} stands for nothing", did_you_mean(name, known, otherwise=otherwise))
            elif name in several and not (is_word and text == f"{{{name}}}"):
                hint = "it is several words (python -m MODULE): let it stand alone as a word of a command"
                yield Flaw(pointer, f"{{{name}}} is a Python module and cannot be a part of a text", hint)
