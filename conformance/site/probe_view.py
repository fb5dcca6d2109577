"""What the page of a case shows of one probe: equal answers together, each with its evidence once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.judge.words import Verdict
from conformance.report.model import CertificateRecord, Observed, ProbeRecord
from conformance.site.cells import group_name, outcome
from conformance.site.columns import Column
from conformance.site.lanes import LANE, Scale, paths, story
from conformance.site.usual import Habits, Header, answer_headers, received_headers
from conformance.site.words import LETTERS, RECORDED, RECORDED_LETTER, SIGNS, WORST_FIRST

RECORD = "record"
_ALONE = (".alone.test", ".test")
"""What the hosts of a second judgement have, and those of the first have not."""

Asked = tuple[Column, ProbeRecord]
"""A run, and the probe as it recorded it."""


@dataclass(frozen=True)
class Answer:
    """What several runs saw alike. ``lanes`` holds the paths of their attempts, in the order of ``columns``."""

    letter: str
    sign: str
    word: str
    reason: str
    outcome: str
    detail: str
    group: str
    columns: tuple[Column, ...]
    lanes: tuple[tuple[str, str], ...]
    stories: tuple[tuple[Column, str], ...]

    @property
    def height(self) -> int:
        """The height of the lanes in pixels."""
        return LANE * len(self.columns)


@dataclass(frozen=True)
class Evidence:
    """Facts that several runs have in common: ``facts`` are names and values, ``headers`` what is not as usual."""

    columns: tuple[Column, ...]
    facts: tuple[tuple[str, str], ...]
    headers: tuple[Header, ...] = ()
    missing: tuple[str, ...] = ()
    body: str = ""


@dataclass(frozen=True)
class ProbeView:
    """One probe of a case, with the answers of all runs."""

    number: int
    id: str
    step: int
    expected: str
    wanted: tuple[tuple[str, str], ...]
    witness: bool
    calm: bool
    answers: tuple[Answer, ...]
    received: tuple[Evidence, ...]
    replies: tuple[Evidence, ...]
    certificates: tuple[Evidence, ...]
    curls: tuple[tuple[str, tuple[Column, ...], tuple[Column, ...]], ...]
    asked: int


def probe_view(number: int, asked: Sequence[Asked], scale: Scale, habits: Mapping[str, Habits]) -> ProbeView:
    """Return the view of a probe; ``habits`` are those of the columns, by slug."""
    first = asked[-1][1]
    answers = _answers(asked, scale)
    wanted = [*(first.expected.received or {}).items(), *first.expected.more.items()]
    return ProbeView(
        number=number,
        id=first.id,
        step=first.step,
        expected=first.expected.outcome,
        wanted=tuple((str(name), plain(value)) for name, value in wanted),
        witness=first.witness,
        calm=all(probe.verdict is Verdict.PASS and not story(probe) for _, probe in asked) and len(answers) == 1,
        answers=answers,
        received=_received(asked, habits),
        replies=_replies(asked, habits),
        certificates=_certificates(asked),
        curls=_curls(asked, answers),
        asked=len(asked),
    )


def _curls(
    asked: Sequence[Asked], answers: Sequence[Answer]
) -> tuple[tuple[str, tuple[Column, ...], tuple[Column, ...]], ...]:
    """Return each curl line once: the runs that sent it, and those that sent it to the host of the other judgement."""
    lines: dict[str, list[tuple[str, Column]]] = {}
    for answer in answers:
        for column, probe in asked:
            if column in answer.columns:
                lines.setdefault(probe.curl.replace(*_ALONE), []).append((probe.curl, column))
    return tuple(
        (
            those[0][0],
            tuple(column for line, column in those if line == those[0][0]),
            tuple(column for line, column in those if line != those[0][0]),
        )
        for those in lines.values()
    )


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


def _answers(asked: Sequence[Asked], scale: Scale) -> tuple[Answer, ...]:
    groups: dict[tuple[Verdict, str, str, str], list[Asked]] = {}
    for column, probe in asked:
        reason = probe.reason.value if probe.reason else ""
        detail = probe.detail
        key = (probe.verdict, reason, outcome(probe, column.report.controller), detail)
        groups.setdefault(key, []).append((column, probe))
    ordered = sorted(groups.items(), key=lambda group: (WORST_FIRST.index(group[0][0]), -len(group[1])))
    recorded = [key for key, _ in ordered if key[0] is Verdict.PASS] if asked[-1][1].expected.outcome == RECORD else []
    answers = []
    for key, those in ordered:
        verdict, reason, seen, detail = key
        is_recorded = key in recorded
        answers.append(
            Answer(
                letter=RECORDED_LETTER if is_recorded else LETTERS[verdict],
                sign=RECORDED if is_recorded else SIGNS[verdict],
                word="recorded" if is_recorded else verdict.value,
                reason=reason,
                outcome=seen,
                detail=detail,
                group=group_name(recorded.index(key)) if is_recorded and len(recorded) > 1 else "",
                columns=tuple(column for column, _ in those),
                lanes=paths([probe for _, probe in those], scale),
                stories=tuple((column, told) for column, probe in those if (told := story(probe))),
            )
        )
    return tuple(answers)


def _together(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Return equal evidence once, with all its columns."""
    groups: dict[tuple[Any, ...], list[Column]] = {}
    for one in evidence:
        groups.setdefault((one.facts, one.headers, one.missing, one.body), []).extend(one.columns)
    return tuple(Evidence(tuple(columns), *key) for key, columns in groups.items())


def _received(asked: Sequence[Asked], habits: Mapping[str, Habits]) -> tuple[Evidence, ...]:
    found = []
    for column, probe in asked:
        if probe.observed is None or not probe.observed.received:
            continue
        got = probe.observed.received
        headers, missing = habits[column.slug].received.unusual(received_headers(probe.observed))
        line = " ".join(str(got.get(part, "")) for part in ("method", "target", "version")).strip()
        facts = [("", line), ("port", str(got.get("port", "")))]
        facts += _pods(probe.observed)
        body = got.get("body")
        if isinstance(body, dict) and body.get("length"):
            facts.append(("body", plain(body)))
        if got.get("trailers"):
            facts.append(("trailers", plain(got["trailers"])))
        found.append(Evidence((column,), tuple(facts), headers, missing))
    return _together(found)


def _replies(asked: Sequence[Asked], habits: Mapping[str, Habits]) -> tuple[Evidence, ...]:
    """Return what came back, where it was not as this controller usually answers."""
    found = []
    for column, probe in asked:
        seen = probe.observed
        if seen is None:
            continue
        own = habits[column.slug]
        usual, usual_body = own.refusals.get(seen.outcome, (own.answered, ""))
        headers, missing = usual.unusual(answer_headers(seen)) if seen.status is not None else ((), ())
        # The backend's own length differs with the request it describes.
        headers = tuple(
            (name, value) for name, value in headers if not seen.received or name.lower() != "content-length"
        )
        facts = [("status", str(seen.status))] if seen.status not in {None, 200} else []
        if seen.protocol:
            facts.append(("protocol", seen.protocol))
        if seen.detail:
            facts.append(("detail", seen.detail))
        body = (seen.body or "") if seen.body != usual_body else ""
        if headers or missing or body or [fact for fact in facts if fact[0] != "status"]:
            found.append(Evidence((column,), tuple(facts), headers, missing, body))
    return _together(found)


def _pods(seen: Observed) -> list[tuple[str, str]]:
    return [("pods", plain(seen.pods))] if seen.pods else []


def _certificates(asked: Sequence[Asked]) -> tuple[Evidence, ...]:
    return _together(
        [
            Evidence((column,), _certificate(probe.observed.certificate))
            for column, probe in asked
            if probe.observed is not None and probe.observed.certificate is not None
        ]
    )


def _certificate(shown: CertificateRecord) -> tuple[tuple[str, str], ...]:
    held = shown.secret or "none of this case: the controller's own, or another one's"
    return (
        ("names", ", ".join(shown.names) or "none"),
        ("from Secret", held),
        ("issuer", shown.issuer),
        ("valid", f"{shown.not_before} to {shown.not_after}"),
        ("key", shown.key),
        ("chain", f"{shown.chain} certificate{'s' if shown.chain != 1 else ''}"),
        ("SHA-256", shown.sha256),
    )
