"""A run that was cut short, read from its events, so that the same run can be finished. Pure but for the reading."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from conformance.errors import BadInput
from conformance.judge.words import Verdict
from conformance.report.events import Event, is_final, read_events
from conformance.report.model import CaseRecord

ANEW = "or leave --resume out to judge everything anew"
_OPTIONS = {
    "isolate": "--isolate",
    "invert": "--invert",
    "repeat": "--repeat",
    "markerLimit": "--marker-limit",
    "convergence": "--convergence",
}


@dataclass(frozen=True)
class Earlier:
    """What was seen before: all events, and the verdicts that stand.

    An ``error`` does not stand: it says that the suite could not judge. ``seconds`` is how far the run's clock was.
    """

    events: tuple[Event, ...]
    verdicts: Mapping[str, CaseRecord]
    seconds: float

    @property
    def begun(self) -> Event:
        """The event that tells which cases were selected, and with which suite and options."""
        return next(event for event in self.events if event["event"] == "run")

    @property
    def selected(self) -> tuple[str, ...]:
        """The ids of the selected cases."""
        return tuple(self.begun["selected"])

    def told(self, kind: str) -> dict[str, Any]:
        """Return what the last event about the cluster, or the controller, tells of it; empty where there is none."""
        return next((event[kind] for event in reversed(self.events) if event["event"] == kind), {})


def earlier_run(path: Path) -> Earlier | None:
    """Return the run of an event log; ``None`` where there is none, or where it ended before it selected its cases.

    Raises:
        BadInput: it is no event log.
    """
    if not path.exists():
        return None
    events = tuple(read_events(path))
    if not any(event["event"] == "run" for event in events):
        return None
    try:
        records = [CaseRecord.model_validate(event["case"]) for event in events if is_final(event)]
        selected = [str(case_id) for case_id in next(e for e in events if e["event"] == "run")["selected"]]
    except (KeyError, TypeError, ValidationError) as error:
        raise BadInput(f"holds no events of this suite: {error!s:.200}", where=str(path), hint=ANEW) from error
    verdicts = {one.id: one for one in records if one.id in selected}
    stand = {case_id: one for case_id, one in verdicts.items() if one.verdict is not Verdict.ERROR}
    return Earlier(events, stand, _clock(records))


def refuse_another(earlier: Earlier, suite: Mapping[str, Any], selected: Sequence[str], path: Path) -> None:
    """Refuse to go on with another suite, with other options, or with other cases than those of the earlier run.

    Raises:
        BadInput: something differs; says what, and what to write.
    """
    was = earlier.begun["suite"]
    if was["version"] != suite["version"]:
        raise BadInput(
            f"was begun by version {was['version']} of the suite, and this is {suite['version']}",
            where=str(path),
            hint=f"use that version, {ANEW}",
        )
    for key in sorted({*was.get("options", {}), *suite["options"]}):
        before, now = was.get("options", {}).get(key), suite["options"].get(key)
        if before != now:
            option = _OPTIONS.get(key, key)
            raise BadInput(
                f"was begun with another {option}: {before}, not {now}",
                where=str(path),
                hint=f"{_say(option, before)}, {ANEW}",
            )
    if list(earlier.selected) != list(selected):
        raise BadInput(
            f"has {len(earlier.selected)} cases, and this command selects {len(selected)} or others",
            where=str(path),
            hint="leave -k and --level out: which cases are left is known (but say --cases again if it was there)",
        )
    if was["casesDigest"] != suite["casesDigest"]:
        raise BadInput("its cases have changed since", where=str(path), hint=f"use the same cases, {ANEW}")
    # Older runs do not tell it, and an installed suite has none.
    if was.get("revision") and suite.get("revision") and was["revision"] != suite["revision"]:
        raise BadInput(
            f"was begun by revision {was['revision']} of the suite, and this is {suite['revision']}",
            where=str(path),
            hint=f"check that revision out, {ANEW}",
        )


def refuse_other_ground(
    earlier: Earlier, cluster: Mapping[str, Any], controller: Mapping[str, Any], path: Path
) -> None:
    """Refuse to go on with another controller, or on another cluster.

    Raises:
        BadInput: something differs; says what.
    """
    for kind, now in (("cluster", cluster), ("controller", controller)):
        before = earlier.told(kind)
        for key in ("provider", "kubernetesVersion", "name", "version", "ingressClass", "arguments", "programs"):
            if key in before and key in now and before[key] != now[key]:
                raise BadInput(
                    f"was begun with another {kind} ({key} {_short(before[key])}, not {_short(now[key])})",
                    where=str(path),
                    hint=f"use the same {kind}, {ANEW}",
                )


def _clock(records: Sequence[CaseRecord]) -> float:
    return max((moment for record in records for moment in _moments(record)), default=0.0)


def _moments(record: CaseRecord) -> Iterator[float]:
    for probe in record.probes:
        for attempt in probe.attempts:
            yield attempt.at + attempt.seconds


def _say(option: str, before: object) -> str:
    if isinstance(before, bool):
        return f"add {option}" if before else f"leave {option} out"
    return f"add {option} {before}"


def _short(value: object) -> str:
    words = " ".join(_word(part) for part in value) if isinstance(value, list) else str(value)
    return words if len(words) <= 120 else f"{words[:120]}…"


def _word(part: object) -> str:
    return " ".join(filter(None, map(str, part.values()))) if isinstance(part, Mapping) else str(part)
