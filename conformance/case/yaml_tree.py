"""YAML as a tree whose every node knows its place in the file, read within limits.

The parser's events are used instead of ``yaml.compose``: they carry the same places, and nothing here or in libyaml
recurses while the depth is still unchecked. Plain scalars follow YAML 1.2's core schema, as editors with a JSON Schema
do, so ``on`` and ``12:30`` are text. Manifests are read as kubectl reads them: it goes by YAML 1.1, but not in all.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from conformance.case.problems import Place, Problem, quoted

DEEPEST = 40
MOST_NODES = 200_000
MOST_ALIASED = 20_000
"""How many nodes all the aliases of a file may stand for together."""

PlainScalar = str | int | float | bool | None
Path = tuple[str | int, ...]

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_YES = frozenset({"y", "Y", "yes", "Yes", "YES", "on", "On", "ON"})
_NO = frozenset({"n", "N", "no", "No", "NO", "off", "Off", "OFF"})
_ODD_INT = re.compile(r"[-+]?(0[xX][0-9a-fA-F_]{1,40}|0[bB][01_]{1,80}|0[oO][0-7_]{1,40}|[0-9][0-9_]{0,40})")
MERGE = "<<"
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,18}|[0-9]{1,18}(\.[0-9]{0,18})?)([eE][-+]?[0-9]{1,3})?")
_KEY_BEFORE = re.compile(r":\s")
_STR_TAG = "tag:yaml.org,2002:str"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, number, boolean or null."""

    value: PlainScalar
    place: Place


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    nodes: "tuple[Node, ...]"
    place: Place


@dataclass(frozen=True, slots=True)
class Entries:
    """A mapping; keys are unique."""

    nodes: "dict[str, tuple[Place, Node]]"
    place: Place


Node = Scalar | Items | Entries


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been seen yet."""

    place: Place
    mapping: bool
    anchor: str | None
    items: list[Node] = field(default_factory=list)
    entries: dict[str, tuple[Place, Node]] = field(default_factory=dict)
    key: tuple[Place, str] | None = None
    size: int = 1

    def closed(self) -> Node:
        """Return it as it stands at its end; what it has itself goes before what is merged into it."""
        if not self.mapping:
            return Items(tuple(self.items), self.place)
        nodes: dict[str, tuple[Place, Node]] = {}
        for one in reversed(_each(self.entries.pop(MERGE)[1]) if MERGE in self.entries else ()):
            nodes |= one.nodes if isinstance(one, Entries) else {}
        return Entries(nodes | self.entries, self.place)


class _Refused(Exception):
    def __init__(self, message: str, place: Place, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.place, self.hint = message, place, hint


def parse(text: str, file: str, *, as_kubectl: bool = False) -> tuple[Node | None, tuple[Problem, ...]]:
    """Return the root of the document and what is wrong with it; no root where it cannot be read at all.

    ``as_kubectl`` takes merge keys, keys that are no text, and YAML 1.1's numbers and words for true and false.
    """
    reader = _Reader(text, as_kubectl=as_kubectl)
    try:
        root = reader.read()
    except _Refused as refused:
        reader.refused.append(refused)
        root = None
    except yaml.YAMLError as error:
        reader.refused.append(_syntax(error, text))
        root = None
    return root, tuple(Problem(file, r.message, r.hint, r.place) for r in reader.refused)


def plain(node: Node) -> Any:
    """Return the node as plain Python values."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Items):
        return [plain(item) for item in node.nodes]
    return {key: plain(value) for key, (_, value) in node.nodes.items()}


def place_of(root: Node, path: Path, *, key: bool = False) -> Place:
    """Return where ``path`` leads; steps that the file doesn't have are left out. ``key``: where its key stands."""
    node, place = root, root.place
    for step in path:
        if isinstance(node, Entries) and isinstance(step, str) and step in node.nodes:
            key_place, node = node.nodes[step]
            place = key_place if key else node.place
        elif isinstance(node, Items) and isinstance(step, int) and 0 <= step < len(node.nodes):
            node = node.nodes[step]
            place = node.place
    return place


class _Reader:
    def __init__(self, text: str, *, as_kubectl: bool) -> None:
        self.text, self.as_kubectl = text, as_kubectl
        self.refused: list[_Refused] = []
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.count = self.aliased = self.documents = 0
        self.root: Node | None = None

    def read(self) -> Node:
        for event in _events(self.text):
            self._take(event, Place(event.start_mark.line + 1, event.start_mark.column + 1))
        if self.root is None:
            raise _Refused("the file is empty", Place(1, 1), "a case file begins with its section and title")
        return self.root

    def _take(self, event: Any, place: Place) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise _Refused("a second document begins here", place, "one file holds one section: take out the ---")
        elif isinstance(event, yaml.ScalarEvent):
            self._count(place)
            self._put(Scalar(self._value(event, place), place), 1, event.anchor)
        elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            self._open(event, place)
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            done = self.stack.pop()
            self._put(done.closed(), done.size, done.anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(str(event.anchor), place)

    def _count(self, place: Place) -> None:
        self.count += 1
        if self.count > MOST_NODES:
            raise _Refused(f"the file holds more than {MOST_NODES} values", place, "split it: one file per section")

    def _open(self, event: Any, place: Place) -> None:
        self._count(place)
        if len(self.stack) >= DEEPEST:
            raise _Refused(f"nested more than {DEEPEST} levels deep", place)
        if event.tag not in {None, "!"}:
            self.refused.append(_tag(event.tag, place))
        self.stack.append(_Open(place, isinstance(event, yaml.MappingStartEvent), event.anchor))

    def _put(self, node: Node, size: int, anchor: str | None) -> None:
        if anchor is not None:
            self.anchors[anchor] = (node, size)
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        parent.size += size
        if not parent.mapping:
            parent.items.append(node)
        elif parent.key is None:
            parent.key = (node.place, self._key(node))
        else:
            key_place, key = parent.key
            parent.key = None
            if key == MERGE and self.as_kubectl and not all(isinstance(one, Entries) for one in _each(node)):
                self.refused.append(_Refused("what << merges is no mapping", key_place, "write it out"))
            if key in parent.entries:
                first = parent.entries[key][0].line
                self.refused.append(
                    _Refused(f"the key {quoted(key)} is there twice", key_place, f"it is first on line {first}")
                )
            else:
                parent.entries[key] = (key_place, node)

    def _key(self, node: Node) -> str:
        if isinstance(node, Scalar) and isinstance(node.value, str):
            if node.value == MERGE and not self.as_kubectl:
                self.refused.append(_Refused("merge keys (<<) are not used in case files", node.place, "write it out"))
            return node.value
        if isinstance(node, Scalar) and self.as_kubectl:
            return key_as_kubectl(node.value)
        if isinstance(node, Scalar):
            self.refused.append(_Refused(f"the key {node.value} is not text", node.place, "put it in quotes"))
            return str(node.value)
        raise _Refused("a list or mapping cannot be a key", node.place, "put a text with { or [ in it in quotes")

    def _alias(self, anchor: str, place: Place) -> None:
        if any(frame.anchor == anchor for frame in self.stack):
            raise _Refused(f"*{anchor} refers to what it stands in", place)
        if anchor not in self.anchors:
            raise _Refused(
                f"*{anchor} refers to nothing in this file",
                place,
                'a text that begins with * needs quotes: "*.foo.com"',
            )
        node, size = self.anchors[anchor]
        self.aliased += size
        if self.aliased > MOST_ALIASED:
            raise _Refused(f"the aliases stand for more than {MOST_ALIASED} values", place, "write it out")
        if len(self.stack) + _depth(node) > DEEPEST:
            raise _Refused(f"nested more than {DEEPEST} levels deep", place)
        self._put(node, size, None)

    def _value(self, event: Any, place: Place) -> PlainScalar:
        if event.tag not in {None, "!", _STR_TAG}:
            self.refused.append(_tag(event.tag, place))
        text: str = event.value
        if not event.implicit[0] or event.tag is not None:
            return text
        return scalar_as_kubectl(text) if self.as_kubectl else _core(text)


def _events(text: str) -> Iterator[Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return iter(yaml.parse(text, Loader=loader))


def scalar_as_kubectl(text: str) -> PlainScalar:
    """Return what kubectl takes a text without quotes for."""
    if text in _YES or text in _NO:
        return text in _YES
    value = _core(text)
    return _odd_number(text) if value == text and _ODD_INT.fullmatch(text) else value


def _odd_number(text: str) -> PlainScalar:
    """Return a number that is none in YAML 1.2: hexadecimal, octal, or with _ in it."""
    digits = text.replace("_", "")
    for base in (8, 0, 10) if digits.lstrip("+-").startswith("0") else (10,):
        try:
            return int(digits, base)
        except ValueError:
            continue
    return text


def key_as_kubectl(key: PlainScalar) -> str:
    """Return the text that a key stands for: there are no others in JSON."""
    return json.dumps(key) if key is None or isinstance(key, bool) else str(key)


def _each(node: Node) -> tuple[Node, ...]:
    return node.nodes if isinstance(node, Items) else (node,)


def _core(text: str) -> PlainScalar:
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)) and not text.isdigit():
        return number
    return text


def _depth(node: Node) -> int:
    if isinstance(node, Scalar):
        return 0
    children = node.nodes if isinstance(node, Items) else [value for _, value in node.nodes.values()]
    return 1 + max((_depth(child) for child in children), default=0)


def _tag(tag: str, place: Place) -> _Refused:
    return _Refused(f"the tag {quoted(tag)} has no meaning here", place, "a text that begins with ! needs quotes")


def _syntax(error: yaml.YAMLError, text: str) -> _Refused:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        # The reader's own errors know an offset in bytes only: a character that YAML does not allow.
        before = text.encode()[: getattr(error, "position", 0)].decode(errors="replace")
        place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
        return _Refused(f"not YAML: {getattr(error, 'reason', error)}", place, "take the character out")
    problem = " ".join(str(getattr(error, "problem", "") or "cannot be read").split())
    place = Place(mark.line + 1, mark.column + 1)
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    before, rest = line[: mark.column], line[mark.column :]
    hints = {"\t": "indent with spaces, not with tabs", "@": 'put it in quotes: "@address"', "*": "put it in quotes"}
    context = str(getattr(error, "context", "") or "")
    hint = 'a text that begins with * needs quotes: "*.foo.com"' if "alias" in context else hints.get(rest[:1], "")
    if not hint and rest[:1] == ":" and _KEY_BEFORE.search(before):
        hint = 'a text with a colon and a space in it needs quotes: "One: two"'
    if not hint and "values are not allowed" in problem:
        hint = "indent it like its neighbours, or put the text in quotes if it goes on from the line before"
    if not hint and "expected" in problem and {"flow", "block"} & set(context.split()):
        hint = "is a bracket or a quote left open before this place, or a line indented otherwise than its neighbours?"
    return _Refused(f"not YAML: {problem}", place, hint)
