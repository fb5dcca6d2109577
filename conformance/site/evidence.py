"""Facts about answers that several runs have in common, each shown once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from conformance.site.columns import Column
from conformance.site.usual import Header


@dataclass(frozen=True)
class Evidence:
    """Facts that several runs have in common: ``facts`` are names and values, ``headers`` what is not as usual."""

    columns: tuple[Column, ...]
    facts: tuple[tuple[str, str], ...]
    headers: tuple[Header, ...] = ()
    missing: tuple[str, ...] = ()
    body: str = ""


def together(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Return equal evidence once, with all its columns."""
    groups: dict[tuple[Any, ...], list[Column]] = {}
    for one in evidence:
        groups.setdefault((one.facts, one.headers, one.missing, one.body), []).extend(one.columns)
    return tuple(Evidence(tuple(columns), *key) for key, columns in groups.items())


def plain(value: Any) -> str:
    """Return a value of a report in one line: objects as ``name: value, …``."""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {plain(item)}" for name, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(plain(item) for item in value)
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
