"""From texts to documents: YAML streams cut at their ``---``, so that one that is broken costs no other; and JSON."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import yaml

from conformance.case.yaml_tree import Entries, Items, Node, Path, parse, place_of, plain
from conformance.migrate.found import Origin, Trouble
from conformance.migrate.large import load_large
from conformance.migrate.sources import Text

PLACED = 1 << 20
"""Bytes of a document up to which it is read with the place of each value; larger ones, such as a list of a whole
cluster, take the quick way."""

_SEPARATOR = re.compile(r"(?m)^(?:---(?=[ \t\r\n]|$)|\.\.\.[ \t]*\r?$)")
_SPACE = re.compile(r"\s*")
_SOURCE = re.compile(r"(?m)^# Source: (\S{1,300})")
_ACTION = r"""\{\{-?\s*[A-Za-z_.$"'`(/][^{}]{0,1000}\}\}"""
_JINJA = r"""\{%[-+]?\s*(?:if|elif|else|endif|for|endfor|set|include|import|from|block|endblock|macro|raw|with)\b"""
_SURELY = re.compile(rf"{_ACTION}|{_JINJA}[^{{}}]{{0,1000}}%\}}")
_INGRESS = re.compile(r"""(?m)\bkind["']?\s*:\s*["']?Ingress(List)?\b""")
_RENDER = "render it first: helm template RELEASE CHART | ingress-conformance migrate --from X --to Y -"
_RENDER_JINJA = "render it first, with the program that it is written for, and give what that makes of it"


@dataclass(frozen=True)
class Document:
    """A document that could be read: plain values, and where it begins.

    ``node`` has the place of each value, below so many lines of the file, if the document was read with places.
    """

    origin: Origin
    value: Any
    node: Node | None = None
    above: int = 0

    def at(self, path: Path) -> Origin:
        """Return where one of its values stands: where the document begins if it is not known better."""
        return (
            self.origin if self.node is None else replace(self.origin, line=self.above + place_of(self.node, path).line)
        )

    def part(self, path: Path, value: Any) -> "Document":
        """Return a part of it as a document that begins where the part does; ``value`` is what it says in full."""
        node = self.node
        for step in path:
            if isinstance(node, Entries) and step in node.nodes:
                node = node.nodes[str(step)][1]
            elif isinstance(node, Items) and isinstance(step, int):
                node = node.nodes[step]
            else:
                node = None
        return Document(self.at(path), value, node, self.above)


def documents(text: Text) -> Iterator[Document | Trouble]:
    """Yield the documents of a file, and what is wrong with those that cannot be read."""
    values, rest = _json(text)
    yield from values
    above = text.content.count("\n", 0, rest)
    for number, (below, part) in enumerate(_parts(text.content[rest:]), start=len(values) + 1):
        line = above + below
        source = _SOURCE.search(part)
        begins = line + len(part[: len(part) - len(part.lstrip())].splitlines())
        origin = Origin(text.file, number, max(line, begins), source[1] if source else "")
        yield from _yaml(part, origin, line)


def placeholder(text: str, *, free: bool = False) -> str:
    """Return the first placeholder of a template that a text still holds; empty if it holds none.

    ``free`` says that it may be any text, such as lines of nginx configuration: there, braces may stand for themselves.
    """
    if free:
        match = _SURELY.search(text)
        return match[0] if match else ""
    begin, end = _placeholder(text)
    return text[begin:end]


def _placeholder(text: str) -> tuple[int, int]:
    """Return where the first one begins and ends, in one line; the same twice if there is none.

    Each line is looked at once: a pattern would look again from each of a million braces.
    """
    return min(
        (_between(text, *pair) for pair in (("{{", "}}"), ("{%", "%}"))), key=lambda found: (not found[1], found)
    )


def _between(text: str, opening: str, closing: str) -> tuple[int, int]:
    begin = text.find(opening)
    while begin >= 0:
        line_end = text.find("\n", begin)
        line_end = len(text) if line_end < 0 else line_end
        end = text.find(closing, begin + 2, line_end)
        if end >= 0:
            return begin, end + 2
        begin = text.find(opening, line_end)
    return 0, 0


def template_trouble(origin: Origin, what: str) -> Trouble:
    """Return the message about a template that nobody rendered."""
    hint = _RENDER_JINJA if "{%" in what else _RENDER
    return Trouble(origin, "template", f"is a template that was not rendered: {what}", hint)


def _parts(content: str) -> Iterator[tuple[int, str]]:
    """Yield what stands between separators, with the line before its first; parts of nothing but comments are none."""
    start = 0
    for end in [*(match for match in _SEPARATOR.finditer(content)), None]:
        part = content[start : end.start() if end else len(content)]
        if any(line.strip() and not line.lstrip().startswith("#") for line in part.splitlines()):
            yield content.count("\n", 0, start) + 1, part
        start = end.end() if end else start


def _json(text: Text) -> tuple[list[Document], int]:
    """Return the JSON values that the text begins with, one after another, and where they end."""
    decoder, found, line, end = json.JSONDecoder(), list[Document](), 1, 0
    while (begin := _SPACE.match(text.content, end).end()) < len(text.content):  # type: ignore[union-attr]
        line += text.content.count("\n", end, begin)
        if text.content[begin] not in "{[":
            break
        try:
            value, after = decoder.raw_decode(text.content, begin)
        except (RecursionError, ValueError):
            break
        found.append(Document(Origin(text.file, len(found) + 1, line), value))
        line += text.content.count("\n", begin, after)
        end = after
    return found, end


def _yaml(part: str, origin: Origin, line: int) -> Iterator[Document | Trouble]:
    if len(part) > PLACED:
        yield _large(part, origin)
        return
    root, problems = parse(part, origin.file, as_kubectl=True)
    if root is not None and not problems:
        yield Document(origin, plain(root), root, line - 1)
        return
    begin, end = _placeholder(part)
    if end and _INGRESS.search(part):
        where = replace(origin, line=line + part.count("\n", 0, begin))
        yield template_trouble(where, part[begin:end][:60])
        return
    if not _INGRESS.search(part):
        yield Trouble(origin, "other", "cannot be read, and does not seem to hold an Ingress")
        return
    for problem in problems[:3]:
        where = replace(origin, line=line + (problem.place.line if problem.place else 1) - 1)
        # The hints of the reader are about case files.
        hint = "" if "section" in problem.hint else problem.hint
        yield Trouble(where, "unreadable", problem.message, hint or "kubectl apply --dry-run=client -f FILE says more")


def _large(part: str, origin: Origin) -> Document | Trouble:
    try:
        return Document(origin, load_large(part))
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = replace(origin, line=origin.line + mark.line) if mark else origin
        problem = " ".join(str(getattr(error, "problem", "") or "cannot be read").split())
        hint = getattr(error, "hint", "") or "kubectl … -o json is read, too"
        return Trouble(where, "unreadable", f"not YAML: {problem}", hint)
    except RecursionError:
        return Trouble(origin, "unreadable", "is nested too deeply")
