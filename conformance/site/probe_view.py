"""What the page of a case shows of one probe: equal answers together, each with its evidence once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.judge.words import Verdict
from conformance.report.model import Observed, ProbeRecord
from conformance.site.cells import group_name, outcome
from conformance.site.certificates import CertificateView, kind_of
from conformance.site.columns import Column
from conformance.site.evidence import Evidence, plain, together
from conformance.site.lanes import LANE, paths, story
from conformance.site.manifests import RUN
from conformance.site.twin_view import NO_TWINS, Beside, twin_answers
from conformance.site.usual import NO_HABITS, Habits, answer_headers, received_headers
from conformance.site.words import LETTERS, RECORDED, RECORDED_LETTER, SIGNS, WORST_FIRST

RECORD = "record"
ALONE = ".alone.test"
"""What hosts of a second judgement end in; those of the first end in ``.test``."""

Asked = tuple[Column, ProbeRecord]
"""A run, and the probe as it recorded it."""


@dataclass(frozen=True)
class Answer:
    """What several runs saw alike.

    ``lanes`` names the lanes of their attempts, from the top; ``paths`` draws them.
    """

    letter: str
    sign: str
    word: str
    reason: str
    outcome: str
    detail: str
    group: str
    columns: tuple[Column, ...]
    lanes: tuple[str, ...]
    paths: tuple[tuple[str, str], ...]
    stories: tuple[tuple[tuple[Column, ...], str], ...]

    @property
    def height(self) -> int:
        """The height of the lanes in pixels."""
        return LANE * len(self.lanes)


@dataclass(frozen=True)
class ProbeView:
    """One probe of a case, with the answers of all runs."""

    title: str
    step: int
    expected: str
    wanted: tuple[tuple[str, str], ...]
    witness: bool
    calm: bool
    answers: tuple[Answer, ...]
    counts: tuple[tuple[str, str, str, int], ...]
    received: tuple[Evidence, ...]
    replies: tuple[Evidence, ...]
    answered_by: str
    twins: tuple[Evidence, ...]
    certificates: tuple[Evidence, ...]
    curls: tuple[tuple[str, tuple[Column, ...]], ...]
    asked: int


def probe_view(
    asked: Sequence[Asked],
    habits: Mapping[str, Habits],
    certificates: Sequence[CertificateView],
    *,
    offered: bool = False,
    twins: Beside = NO_TWINS,
) -> ProbeView:
    """Return the view of a probe; ``habits`` are those of the columns, by slug.

    ``offered``: an object was offered to the API server, and no controller was asked. ``twins`` are the probes that
    were sent to the case's twins.
    """
    first = asked[-1][1]
    answers = _answers(asked)
    wanted = [*(first.expected.received or {}).items(), *first.expected.more.items()]
    return ProbeView(
        # It stands below the title of its step.
        title=first.id.removeprefix(f"step {first.step}: "),
        step=first.step,
        expected=first.expected.outcome,
        wanted=tuple((str(name), plain(value)) for name, value in wanted),
        witness=first.witness,
        calm=all(probe.verdict is Verdict.PASS and not story(probe) for _, probe in asked) and len(answers) == 1,
        answers=answers,
        counts=_counts(answers),
        received=_received(asked, habits),
        replies=_replies(asked, {} if offered else habits),
        twins=twin_answers(asked, twins),
        answered_by="The API server answered" if offered else "Answer",
        certificates=_certificates(asked, certificates),
        curls=_curls(asked, answers),
        asked=len(asked),
    )


def _counts(answers: Sequence[Answer]) -> tuple[tuple[str, str, str, int], ...]:
    """Return letter, sign, word and number of runs for each verdict; of what was recorded, the number of answers."""
    counts: dict[tuple[str, str, str], int] = {}
    recorded = sum(1 for answer in answers if answer.letter == RECORDED_LETTER)
    for answer in answers:
        if answer.letter == RECORDED_LETTER:
            counts[answer.letter, answer.sign, "answer" if recorded == 1 else "different answers"] = recorded
        else:
            key = (answer.letter, answer.sign, answer.word)
            counts[key] = counts.get(key, 0) + len(answer.columns)
    return tuple((*key, count) for key, count in counts.items())


def _curls(asked: Sequence[Asked], answers: Sequence[Answer]) -> tuple[tuple[str, tuple[Column, ...]], ...]:
    """Return each curl line once, that of the worst answer first.

    Lines that differ in nothing but the realm of the hosts, or the run's own namespace, are one: the page says which
    runs used which realm.
    """
    lines: dict[str, list[tuple[str, Column]]] = {}
    for answer in answers:
        for column, probe in asked:
            if column in answer.columns:
                lines.setdefault(RUN.sub("RUN", probe.curl.replace(ALONE, ".test")), []).append((probe.curl, column))
    return tuple((those[0][0], tuple(column for _, column in those)) for those in lines.values())


def _answers(asked: Sequence[Asked]) -> tuple[Answer, ...]:
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
        stories = {column.slug: told for column, probe in those if (told := story(probe))}
        lanes = _lanes(those, stories, merge=verdict is Verdict.PASS)
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
                lanes=tuple(name for name, _ in lanes),
                paths=paths([probes for _, probes in lanes]),
                stories=_stories(those, stories),
            )
        )
    return tuple(answers)


def _stories(those: Sequence[Asked], stories: Mapping[str, str]) -> tuple[tuple[tuple[Column, ...], str], ...]:
    """Return each story once, with the runs that have it to tell."""
    told: dict[str, list[Column]] = {}
    for column, _ in those:
        if column.slug in stories:
            told.setdefault(stories[column.slug], []).append(column)
    return tuple((tuple(columns), text) for text, columns in told.items())


def _lanes(those: Sequence[Asked], stories: Mapping[str, str], *, merge: bool) -> list[tuple[str, list[ProbeRecord]]]:
    """Return a lane for each run; those that have no story to tell share one, unless something fails."""
    calm = [probe for column, probe in those if column.slug not in stories] if merge else []
    if len(calm) < 2:
        return [(column.short, [probe]) for column, probe in those]
    lanes = [(column.short, [probe]) for column, probe in those if column.slug in stories]
    return [*lanes, (f"{len(calm)} runs" if lanes else "", calm)]


def _received(asked: Sequence[Asked], habits: Mapping[str, Habits]) -> tuple[Evidence, ...]:
    found = []
    for column, probe in asked:
        seen = probe.observed
        if seen is None or not seen.received:
            continue
        got = seen.received
        headers, missing = habits[column.slug].received_over(seen.protocol).unusual(received_headers(seen))
        line = " ".join(str(got.get(part, "")) for part in ("method", "target", "version")).strip()
        facts = [("", f"{line}, port {got.get('port', '?')}")]
        facts += _pods(seen)
        body = got.get("body")
        if isinstance(body, dict) and body.get("length"):
            facts.append(("body", plain(body)))
        if got.get("trailers"):
            facts.append(("trailers", plain(got["trailers"])))
        found.append(Evidence((column,), tuple(facts), headers, missing))
    return together(found)


def _replies(asked: Sequence[Asked], habits: Mapping[str, Habits]) -> tuple[Evidence, ...]:
    """Return what came back, where it was not as this controller usually answers; of who has no habits, all of it."""
    found = []
    for column, probe in asked:
        seen = probe.observed
        if seen is None:
            continue
        own = habits.get(column.slug, NO_HABITS)
        usual, usual_body = own.refusals.get(seen.outcome, (own.answered, ""))
        headers, missing = usual.unusual(answer_headers(seen)) if seen.status is not None else ((), ())
        # The backend's own length differs with the request it describes.
        headers = tuple(
            (name, value) for name, value in headers if not seen.received or name.lower() != "content-length"
        )
        facts = [("status", str(seen.status))] if seen.status not in {None, 200} else []
        if seen.protocol and seen.protocol != own.protocol:
            facts.append(("protocol", seen.protocol))
        if seen.detail:
            facts.append(("detail", seen.detail))
        body = (seen.body or "") if seen.body != usual_body else ""
        if headers or missing or body or [fact for fact in facts if fact[0] != "status"]:
            found.append(Evidence((column,), tuple(facts), headers, missing, body))
    return together(found)


def _pods(seen: Observed) -> list[tuple[str, str]]:
    return [("pods", plain(seen.pods))] if seen.pods else []


def _certificates(asked: Sequence[Asked], kinds: Sequence[CertificateView]) -> tuple[Evidence, ...]:
    """Return the numbers of the certificates that were presented."""
    numbers = {(one.names, one.secret, one.issuer, one.key, one.chain): one for one in kinds}
    found = []
    for column, probe in asked:
        shown = probe.observed.certificate if probe.observed is not None else None
        if shown is not None:
            one = numbers[kind_of(shown)]
            held = f"Secret {one.secret}" if one.secret else "of no Secret of this case"
            found.append(Evidence((column,), ((held, f"no. {one.number}"),)))
    return together(found)
