"""One row of a table: its cells read by the names of their columns, and the object and probes that they stand for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import quote

from conformance.case.draft import probe_id
from conformance.case.file_format import LABEL, PATH_TYPES
from conformance.case.matching import default_host, names
from conformance.case.model import NO_MATCH, SHARED_BACKENDS, Expectation, Level, Manifest, Placement, Probe
from conformance.case.problems import did_you_mean, either, quoted

DEFAULTS: Mapping[str, tuple[str, ...]] = {"hosts": ("foo.com",), "paths": ("Prefix /",), "requests": ("/",)}
_SENT_AS_WRITTEN = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in "?#")
"""What a request line can hold: the rest of a path must be encoded, and ? and # would end it."""

_AS_CASE = "write it as a case"


class CellError(ValueError):
    """A cell, or a row as a whole, cannot be understood."""

    def __init__(self, column: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.column, self.message, self.hint = column, message, hint


@dataclass(frozen=True)
class Row:
    """The cells of a row by column; a cell that is absent or null takes its default."""

    cells: Mapping[str, tuple[str, ...] | None]

    def many(self, column: str) -> tuple[str, ...]:
        """Return the values of a cell; none where neither it nor a default is there."""
        return self.cells.get(column) or DEFAULTS.get(column, ())

    def one(self, column: str) -> str:
        """Return the single value of a cell; empty where it is absent."""
        values = self.many(column)
        if len(values) > 1:
            raise CellError(column, f"{column} takes one value, not {len(values)}")
        return values[0] if values else ""

    def name(self) -> str:
        """Return the name of the row's case."""
        name = self.one("name")
        if not re.fullmatch(LABEL, name):
            hint = "small letters, digits and dashes, at most 40 characters, because host names are made from it"
            raise CellError("name", f"name cannot be {quoted(name)}", hint)
        return name

    def title(self) -> str:
        """Return the sentence that says what the row is about."""
        title = self.one("title")
        if not title:
            raise CellError("title", "title is missing", "write one sentence that says what the row is about")
        return title

    def statements(self) -> tuple[str, ...]:
        """Return the ids of the statements that the row tests."""
        if not (found := self.many("statement")):
            hint = "write the id of what it tests, such as P18; see: ingress-conformance cases coverage"
            raise CellError("statement", "statement is missing", hint)
        return found

    def level(self, default: Level | None) -> Level:
        """Return the row's level, else that of its table."""
        value = self.one("level")
        if not value and default is None:
            raise CellError("level", "level is missing", "give the table a level, or a column for it")
        known = [level.value for level in Level]
        if value and value not in known:
            hint = did_you_mean(value, known, otherwise=f"one of {either(known)}")
            raise CellError("level", f"level cannot be {quoted(value)}", hint)
        return Level(value) if value else default or Level.CORE

    def placement(self, derived: Placement) -> Placement:
        """Return the row's placement, else the derived one."""
        value = self.one("placement")
        for known in get_args(Placement):
            if value == known:
                return value  # type: ignore[return-value]
        if value:
            hint = did_you_mean(value, get_args(Placement), otherwise=f"one of {either(get_args(Placement))}")
            raise CellError("placement", f"placement cannot be {quoted(value)}", hint)
        return derived

    def ingress(self) -> Manifest:
        """Return the Ingress that the row stands for; its backends are a, b, c… in the order of paths or hosts."""
        hosts, paths = self.many("hosts"), [_path(text) for text in self.many("paths")]
        if len(hosts) > 1 and len(paths) > 1:
            raise CellError("hosts", "several hosts and several paths in one row", _AS_CASE)
        if max(len(hosts), len(paths)) > len(SHARED_BACKENDS):
            column = "hosts" if len(hosts) > 1 else "paths"
            raise CellError(column, f"more than {len(SHARED_BACKENDS)} {column}", _AS_CASE)
        if len(hosts) > 1:
            rules = [_rule(host, [(paths[0], SHARED_BACKENDS[i])]) for i, host in enumerate(hosts)]
        else:
            rules = [_rule(hosts[0], list(zip(paths, SHARED_BACKENDS, strict=False)))]
        return {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {"name": "main"},
            "spec": {"rules": rules},
        }

    def probes(self, ingress: Manifest) -> Iterator[Probe]:
        """Yield what to send, and for a row that expects no match the witness that its own rule is there."""
        outcome = self.one("expect")
        if not outcome:
            raise CellError("expect", "expect is missing", "a backend a-e, no match or record")
        hosts, usual = self.many("hosts"), default_host((ingress,))
        asked = self.many("request-hosts") or (hosts[0],)
        if not self.many("request-hosts") and hosts[0].startswith("*"):
            raise CellError("hosts", "the first host is a wildcard, which cannot be asked for", "add request-hosts")
        if outcome == NO_MATCH:
            yield self._witness(usual)
        for host in asked:
            for target in self.many("requests"):
                yield Probe(
                    id=probe_id("GET", "http", host, target, usual),
                    host=host,
                    target=target,
                    expect=Expectation(outcome=outcome),
                    named=any(names(rule_host, host) for rule_host in hosts),
                )

    def _witness(self, usual: str | None) -> Probe:
        first_path = _path(self.many("paths")[0])
        if any(_path(text) != first_path and _path(text)[1] == first_path[1] for text in self.many("paths")[1:]):
            raise CellError("paths", "another path equals the first, which has to reach backend a", _AS_CASE)
        first_host = self.many("hosts")[0]
        host = f"www{first_host[1:]}" if first_host.startswith("*") else first_host
        target = quote(first_path[1] or "/", safe=_SENT_AS_WRITTEN)
        return Probe(
            id=f"witness {probe_id('GET', 'http', host, target, usual)}",
            host=host,
            target=target,
            expect=Expectation(outcome=SHARED_BACKENDS[0]),
            witness=True,
        )


def _path(text: str) -> tuple[str, str | None]:
    kind, space, path = text.partition(" ")
    if kind not in PATH_TYPES:
        hint = did_you_mean(kind, PATH_TYPES, otherwise=f'write "TYPE PATH"; the types are {either(PATH_TYPES)}')
        raise CellError("paths", f"{quoted(text)} does not begin with a path type", hint)
    if not path and kind != "ImplementationSpecific":
        raise CellError("paths", f"{quoted(text)} has no path", 'write "TYPE PATH", such as "Prefix /foo"')
    return kind, path if space and path else None


def _rule(host: str, paths: list[tuple[tuple[str, str | None], str]]) -> dict[str, Any]:
    written = []
    for (kind, path), backend in paths:
        service = {"service": {"name": backend, "port": {"number": 80}}}
        written.append({**({} if path is None else {"path": path}), "pathType": kind, "backend": service})
    return {"host": host, "http": {"paths": written}}
