"""The long parts of an entry's process: each may lie in a YAML file of its own, and its path stands in the entry."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, Field

from conformance.case.model import Manifest
from conformance.case.problems import Place, Problem
from conformance.case.source import read_text, shown
from conformance.case.validation import Document, validated
from conformance.case.yaml_tree import Entries, Node, Scalar, parse
from conformance.case.yaml_tree import Path as Pointer
from conformance.controllers.process import Keyed, PolicyRule

M = TypeVar("M", bound=BaseModel)

COPY = "a path is relative to the entry's file: copy what it names as well"

_HINTS = {
    "a case file begins with its section and title": "it holds what would stand in the entry",
    "one file holds one section: take out the ---": "write a list, each item behind a dash",
}
"""The readers of case files speak of case files."""


class Part(Keyed):
    """What the files may hold: each the part whose key names it."""

    rbac: tuple[PolicyRule, ...] = ()
    objects: tuple[Manifest, ...] = ()
    env: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class Whole(Document[M]):
    """An entry's file with its parts in their places; what is wrong with a part is said of the part's own file."""

    parts: Mapping[str, Document[Part]] = field(default_factory=dict)

    def problem(self, path: Pointer, message: str, hint: str = "", *, key: bool = False) -> Problem:
        """Return a problem at ``path``, which leads through the entry as if it were one file."""
        part = self.parts.get(str(path[1])) if path[:1] == ("process",) and len(path) > 1 else None
        if part is not None:
            return part.problem(path[1:], message, hint, key=key)
        return super().problem(path, message, hint, key=key)


def read_parts(root: Entries, file: str, folder: Path) -> tuple[dict[str, Document[Part]], list[Problem]]:
    """Return the parts whose paths, as seen from ``folder``, stand in an entry, and what is wrong with others."""
    parts: dict[str, Document[Part]] = {}
    problems: list[Problem] = []
    for key, path in _named(root):
        found = _read(key, path, file, folder)
        if isinstance(found, Document):
            parts[key] = found
        else:
            problems += found
    return parts, problems


def with_parts(root: Entries, parts: Mapping[str, Document[Part]]) -> Entries:
    """Return the tree of an entry with the parts in place of their paths."""
    if not parts:
        return root
    place, process = root.nodes["process"]
    nodes = {**_nodes(process), **{key: _nodes(part.root)[key] for key, part in parts.items()}}
    return Entries({**root.nodes, "process": (place, Entries(nodes, process.place))}, root.place)


def _named(root: Entries) -> Iterator[tuple[str, Scalar]]:
    process = root.nodes.get("process")
    for key, (_, node) in _nodes(process[1]).items() if process else ():
        if key in Part.model_fields and isinstance(node, Scalar) and isinstance(node.value, str):
            yield key, node


def _read(key: str, path: Scalar, file: str, folder: Path) -> Document[Part] | Iterable[Problem]:
    place = folder / str(path.value)
    text = read_text(place)
    if isinstance(text, Problem):
        return [Problem(file, f"{text.file}: {text.message}", COPY, path.place)]
    node, problems = parse(text, shown(place))
    if node is None or problems:
        return [dataclasses.replace(problem, hint=_HINTS.get(problem.hint, problem.hint)) for problem in problems]
    return validated(Entries({key: (node.place, node)}, node.place), shown(place), Part)


def _nodes(node: Node) -> Mapping[str, tuple[Place, Node]]:
    return node.nodes if isinstance(node, Entries) else {}
