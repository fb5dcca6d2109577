"""What turned in a case of the profile, in the words of hints: its probes are not questions, and name no kind. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.report.model import ProbeRecord

_TO_HTTPS = re.compile(r"redirect:\d+:https://")


@dataclass(frozen=True)
class RecordedTurn:
    """The kind and family of the question that it would be, empty where there is none, and the headers that differ."""

    kind: str = ""
    family: str = ""
    headers: tuple[str, ...] = ()


def recorded_turn(probe: ProbeRecord) -> RecordedTurn:
    """Return what turned between what is expected of a failed probe and what was seen."""
    seen, outcome = probe.observed, probe.expected.outcome
    if seen is None:
        return RecordedTurn()
    if seen.outcome != outcome:
        if seen.backend and not probe.id.startswith("https ") and _TO_HTTPS.match(outcome):
            return RecordedTurn(kind="without-tls")
        return RecordedTurn(family="body-size" if seen.backend and outcome == "status:413" else "")
    received, answered = probe.expected.received or {}, seen.received or {}
    at_backend = tuple(_other(received.get("headers") or {}, answered.get("headers") or ()))
    of_answer = tuple(_other(probe.expected.more.get("headers") or {}, seen.headers))
    wanted = str(received.get("target") or "")
    kind = _path_kind(wanted) if wanted and wanted != answered.get("target") else ""
    return RecordedTurn(kind, "", (*of_answer, *at_backend))


def _path_kind(target: str) -> str:
    if target.startswith("//"):
        return "double-slash"
    return "dot-segments" if "/../" in target else ""


def _other(expected: Mapping[str, Any], seen: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the headers whose expected value is not there, or that are there and should not be.

    Of a pattern it is only asked whether there is one.
    """
    told = list(seen)
    for name, value in expected.items():
        values = [text for key, text in told if key.lower() == name.lower()]
        as_it_should = not values if value is None else value in values or (values and isinstance(value, Mapping))
        if not as_it_should:
            yield name
