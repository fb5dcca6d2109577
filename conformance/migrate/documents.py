"""From texts to documents: YAML streams cut at their ``---``, so that one that is broken costs no other; and JSON."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import yaml

from conformance.case.yaml_tree import parse, plain
from conformance.migrate.found import Origin, Trouble
from conformance.migrate.sources import Text

PLACED = 1 << 20
"""Bytes of a document up to which it is read with the place of each value; larger ones, such as a list of a whole
cluster, take the quick way."""

_SEPARATOR = re.compile(r"(?m)^(?:---(?=[ \t\r\n]|$)|\.\.\.[ \t]*\r?$)")
_SOURCE = re.compile(r"(?m)^# Source: (\S{1,300})")
_TEMPLATE = re.compile(r"\{\{.*?\}\}")
_INGRESS = re.compile(r"""(?m)\bkind["']?\s*:\s*["']?Ingress(List)?\b""")
_RENDER = "render it first: helm template RELEASE CHART | ingress-conformance migrate --from X --to Y -"


@dataclass(frozen=True)
class Document:
    """A document that could be read: plain values, and where it begins."""

    origin: Origin
    value: Any


def documents(text: Text) -> Iterator[Document | Trouble]:
    """Yield the documents of a file, and what is wrong with those that cannot be read."""
    if text.content.lstrip()[:1] in {"{", "["}:
        document = _json(text)
        if document is not None:
            yield document
            return
    for number, (line, part) in enumerate(_parts(text.content), start=1):
        source = _SOURCE.search(part)
        begins = line + len(part[: len(part) - len(part.lstrip())].splitlines())
        origin = Origin(text.file, number, max(line, begins), source[1] if source else "")
        yield from _yaml(part, origin, line)


def is_template(value: object) -> bool:
    """Tell whether a text still holds a placeholder of a template."""
    return isinstance(value, str) and bool(_TEMPLATE.search(value))


def template_trouble(origin: Origin, what: str) -> Trouble:
    """Return the message about a template that nobody rendered."""
    return Trouble(origin, "template", f"is a template that was not rendered: {what}", _RENDER)


def _parts(content: str) -> Iterator[tuple[int, str]]:
    """Yield what stands between separators, with the line before its first; parts of nothing but comments are none."""
    start = 0
    for end in [*(match for match in _SEPARATOR.finditer(content)), None]:
        part = content[start : end.start() if end else len(content)]
        if any(line.strip() and not line.lstrip().startswith("#") for line in part.splitlines()):
            yield content.count("\n", 0, start) + 1, part
        start = end.end() if end else start


def _json(text: Text) -> Document | None:
    try:
        return Document(Origin(text.file, 1, 1), json.loads(text.content))
    except RecursionError:
        return None
    except ValueError:
        return None


def _yaml(part: str, origin: Origin, line: int) -> Iterator[Document | Trouble]:
    if len(part) > PLACED:
        yield _large(part, origin)
        return
    root, problems = parse(part, origin.file)
    if root is not None and not problems:
        yield Document(origin, plain(root))
        return
    template = _TEMPLATE.search(part)
    if template and _INGRESS.search(part):
        where = replace(origin, line=line + part.count("\n", 0, template.start()))
        yield template_trouble(where, template[0][:60])
        return
    if not _INGRESS.search(part):
        yield Trouble(origin, "other", "cannot be read, and does not seem to hold an Ingress")
        return
    for problem in problems[:3]:
        where = replace(origin, line=line + (problem.place.line if problem.place else 1) - 1)
        # The hints of the reader are about case files.
        hint = "" if "section" in problem.hint else problem.hint
        message = problem.message.replace(" are not used in case files", " are not read here")
        yield Trouble(where, "unreadable", message, hint or "kubectl apply --dry-run=client -f FILE says more")


def _large(part: str, origin: Origin) -> Document | Trouble:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(part, Loader=loader)):
            hint = "kubectl … -o json writes none"
            return Trouble(origin, "unreadable", "aliases are not read in a document of this size", hint)
        return Document(origin, yaml.load(part, Loader=loader))  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = replace(origin, line=origin.line + mark.line) if mark else origin
        problem = " ".join(str(getattr(error, "problem", "") or "cannot be read").split())
        return Trouble(where, "unreadable", f"not YAML: {problem}", "kubectl … -o json is read, too")
    except RecursionError:
        return Trouble(origin, "unreadable", "is nested too deeply")
