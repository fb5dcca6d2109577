"""From the plan and both reports to what changes. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from conformance.judge.words import Verdict
from conformance.migrate.ledger import Ledger
from conformance.migrate.missed import Unjudged, unjudged
from conformance.migrate.model import WORST_FIRST, Change, Place, Said, Sort
from conformance.migrate.plan import Asked, Plan, spoken_for
from conformance.migrate.question import Question
from conformance.migrate.replay import as_told, replay_line, stand_in_note
from conformance.migrate.restoring import Restores
from conformance.migrate.roots import Turn, rooted
from conformance.migrate.said import Seen, own_part, seen
from conformance.migrate.scene import Scene
from conformance.migrate.showing import shown_by
from conformance.migrate.unserved import Answered, doubtful
from conformance.migrate.verdicts import difference, says_nothing, stays_open, without_effect
from conformance.migrate.wording import title_of
from conformance.report.model import CaseRecord, ProbeRecord, Report
from conformance.visible import visible

MOST_PLACES = 200
"""Of one change; what more there is, is counted."""


@dataclass
class Pair:
    """Two runs of the same cases."""

    old: Report
    new: Report
    _old: Mapping[str, CaseRecord] = field(init=False)
    _new: Mapping[str, CaseRecord] = field(init=False)

    def __post_init__(self) -> None:
        self._old = {case.id: case for case in self.old.cases}
        self._new = {case.id: case for case in self.new.cases}

    def of(self, case_id: str) -> tuple[CaseRecord | None, CaseRecord | None]:
        """Return the records of a case."""
        return self._old.get(case_id), self._new.get(case_id)


@dataclass
class _Collected:
    """One change on its way; ``root`` is what it is named after."""

    root: Turn
    places: list[Place] = field(default_factory=list)
    ingresses: dict[str, None] = field(default_factory=dict)
    annotations: dict[str, None] = field(default_factory=dict)
    requests: set[object] = field(default_factory=set)

    def add(self, one: Turn, asked: Asked) -> None:
        """Take on one difference; a request that several questions share is shown once."""
        everyone = [member.label for member in spoken_for(asked, one.question.owner, *one.question.speaks_for)]
        self.ingresses.update(dict.fromkeys(everyone))
        about = () if one.difference.lost_tls else (one.question, *one.may_be_why)
        for question in about:
            for found in spoken_for(asked, question.owner, *question.speaks_for):
                self.annotations.update(dict.fromkeys(shown_by(question, found, alike=False)))
        request = (asked.group.ingresses[one.question.owner].label, one.question.sent)
        if len(self.places) < MOST_PLACES and request not in self.requests:
            self.requests.add(request)
            self.places.append(_place(one, asked, everyone))


@dataclass(frozen=True)
class _Side:
    """What one controller answered to the probes of a case."""

    probes: Mapping[str, ProbeRecord]
    stands_for: Mapping[str, str]
    address: str

    def answer(self, probe_id: str, question: Question) -> Seen | None:
        """Return its answer, as far as the question is about it; None where there is none that counts."""
        probe = self.probes.get(probe_id)
        return seen(probe, question, self.stands_for, self.address) if probe else None


def changes_of(plan: Plan, pair: Pair, restores: Restores, ledger: Ledger) -> tuple[Change, ...]:
    """Return what changes, the worst first; ``ledger`` takes note of how each Ingress and annotation stands."""
    found: dict[tuple[object, ...], _Collected] = {}
    for asked in plan.asked:
        ledger.too_little_asked(asked)
        answered = [list(_answered(asked, scene, pair, ledger)) for scene in asked.scenes]
        everything = [one for of_scene in answered for one in of_scene]
        dead = unjudged(asked.group, everything)
        for rule in dead.missed:
            ledger.not_asked(asked, rule[0], dead.reasons[rule])
        doubts = doubtful(asked.group.ingresses, everything)
        turned = [
            list(_certain(asked, list(_differences(asked, of_scene, everything, dead, ledger)), doubts, ledger))
            for of_scene in answered
        ]
        of_group = [turn for turns in turned for turn in turns]
        for turns in turned:
            for one, root in rooted(turns, of_group):
                ledger.note(asked, one.question, one.of_annotation, follows=root.difference.sort)
                for beside in one.beside:
                    ledger.note(asked, beside, Sort.DIFFERS, follows=root.difference.sort)
                found.setdefault(root.key, _Collected(root)).add(one, asked)
    changes = [_change(one, restores) for one in found.values()]
    return tuple(sorted(changes, key=lambda c: (WORST_FIRST.index(c.sort), not c.opens, -len(c.ingresses), c.kind)))


def _answered(asked: Asked, scene: Scene, pair: Pair, ledger: Ledger) -> Iterator[Answered]:
    records = pair.of(scene.case.id)
    troubles = [_trouble(record) for record in records]
    if any(troubles):
        told = zip((pair.old, pair.new), troubles, strict=True)
        why = "; ".join(f"{report.controller.name}: {trouble}" for report, trouble in told if trouble)
        ledger.not_judged(asked, scene, why)
        return
    old_side, new_side = (
        _Side({probe.id: probe for probe in record.probes}, scene.stands_for, report.controller.address)
        for record, report in zip(records, (pair.old, pair.new), strict=True)
        if record
    )
    for probe_id, question in scene.questions.items():
        old, new = old_side.answer(probe_id, question), new_side.answer(probe_id, question)
        if old is None or new is None:
            ledger.not_judged(asked, scene, f"no attempt counted: {probe_id}")
            continue
        ledger.compared += 1
        ledger.claim_seen |= question.kind == "claimed-address" and old.reached and new.reached
        also = tuple(
            Answered(one, own_part(before, one), own_part(after, one))
            for one in question.also
            if (before := old_side.answer(probe_id, one)) and (after := new_side.answer(probe_id, one))
        )
        yield Answered(question, old, new, also)


def _certain(
    asked: Asked, turns: Sequence[Turn], doubts: Mapping[tuple[int, str], str], ledger: Ledger
) -> Iterator[Turn]:
    """Yield the differences that nothing of ours may have brought about. What is less safe is never held back."""
    for one in turns:
        why = doubts.get((one.question.owner, one.question.rule))
        if why and one.difference.sort is not Sort.UNSAFE:
            for question in (one.question, *one.beside):
                ledger.note(asked, question, Sort.NOT_JUDGED, why=why)
        else:
            yield one


def _differences(
    asked: Asked,
    answered: Sequence[Answered],
    everything: Sequence[Answered],
    dead: Unjudged,
    ledger: Ledger,
) -> Iterator[Turn]:
    """Yield how the answers of one scene differ. ``everything`` is that of all scenes of the group."""
    serving = [one for one in everything if one.question.serves]
    # Of two Ingresses with one path, such as a canary's, the request is only once there, as the first one's.
    plain: dict[object, Answered] = {one.place: one for one in reversed(serving)}
    plain |= {one.rule: one for one in serving}
    asking = {(one.rule, name): one for one in everything for name in one.question.asks}
    guards: dict[object, Answered] = {}
    for one in answered:
        if one.question.guards and not one.question.keeps:
            guards.setdefault(one.question.guarded, one)
    for one in answered:
        # A guard's own request is what its other spellings are held against.
        path = guards.get(one.question.guarded) if one.question.keeps else plain.get(one.rule, plain.get(one.place))
        if one.question.against:
            path = asking.get((one.rule, one.question.against))
        plain_new, plain_old = (path.new, path.old) if path else (None, None)
        differs = difference(one.question, one.old, one.new, plain_new, plain_old)
        told = dead.told_of(one.question)
        if why := dead.reasons.get(one.rule):
            ledger.note(asked, told, Sort.NOT_JUDGED, why=why)
        elif differs is None:
            open_before = stays_open(one.question, one.old, one.new)
            silent = _silent(one, path)
            idle = without_effect(one.question, one.old, one.new, plain_old)
            ledger.note(asked, told, Sort.UNCHANGED, open_before=open_before, silent=silent, idle=idle)
        if differs is not None:
            yield Turn(one.question, differs, one.old, one.new, _turned_with(one))
        for part in one.also:
            yield from _apart(asked, one, part, dead, ledger)


def _silent(one: Answered, path: Answered | None) -> bool:
    """Tell whether answers that do not differ show nothing of an annotation. ``path`` is what they are held against."""
    if one.question.keeps and path is not None and says_nothing(path.question, path.old, path.new):
        return True  # Where nobody came to a guard, no other spelling of its request did.
    return says_nothing(one.question, one.old, one.new, held=path is not None and not path.reached)


def _turned_with(one: Answered) -> tuple[Question, ...]:
    """Return the questions about annotations of which all is seen now that somebody else answers.

    A guard that answered before says nothing of what lies behind it.
    """
    if one.old.outcome == one.new.outcome or (one.question.family and not one.old.reached):
        return ()
    return tuple(part.question for part in one.also)


def _apart(asked: Asked, one: Answered, part: Answered, dead: Unjudged, ledger: Ledger) -> Iterator[Turn]:
    """Yield how an annotation turned by itself, where the same one answers its request on both.

    What a backend gets, or adds to an answer, is only seen where there is one.
    """
    told = dead.told_of(part.question)
    if why := dead.reasons.get(one.rule) or dead.reasons.get(part.rule):
        ledger.note(asked, told, Sort.NOT_JUDGED, why=why)
        return
    needs_backend = part.question.compares or part.question.received
    if part.old.outcome != part.new.outcome or (needs_backend and not part.reached):
        return
    differs = difference(part.question, part.old, part.new, None)
    if differs is None:
        silent = says_nothing(part.question, part.old, part.new)
        idle = without_effect(part.question, part.old, part.new, None)
        ledger.note(asked, told, Sort.UNCHANGED, silent=silent, idle=idle)
    else:
        yield Turn(part.question, differs, part.old, part.new)


def _trouble(record: CaseRecord | None) -> str:
    """Return why the answers of a case say nothing; empty if they do."""
    if record is None:
        return "it was not asked"
    if record.verdict is Verdict.PASS:
        return ""
    return f"{record.reason}: {record.detail}"


def _place(turn: Turn, asked: Asked, everyone: Sequence[str]) -> Place:
    found = asked.group.ingresses[turn.question.owner]
    question = as_told(turn.question, found)
    return Place(
        ingress=visible(found.label),
        rule=visible(question.rule),
        request=visible(f"{question.method} {question.scheme}://{question.host}{question.target}"),
        headers=tuple((visible(name), visible(value)) for name, value in question.headers),
        held=visible(stand_in_note(found, question)),
        old=_said(question, turn.old, "OLD-CONTROLLER"),
        new=_said(question, turn.new, "NEW-CONTROLLER"),
        alike=tuple(visible(label) for label in everyone[1:]),
    )


def _said(question: Question, answer: Seen, address: str) -> Said:
    facts = {visible(name): visible(value) for name, value in answer.facts.items()}
    return Said(outcome=visible(answer.outcome), facts=facts, curl=replay_line(question, address))


def _change(one: _Collected, restores: Restores) -> Change:
    root = one.root
    question = replace(root.question, kind=root.kind)
    families = (question.family, *root.families)
    headers = tuple(name.removeprefix("received ") for name in root.facts)
    hints = (hint for family in families for hint in restores.for_question(family, root.kind, headers))
    return Change(
        sort=root.difference.sort,
        kind=root.kind,
        family=next((family for family in families if family), ""),
        annotations=tuple(map(visible, one.annotations)),
        title=visible(
            title_of(question, root.difference.sort, root.old.brief, root.new.brief, one.places, root.families)
        ),
        before=visible(root.old.brief),
        after=visible(root.new.brief),
        opens=root.difference.opens,
        ingresses=tuple(visible(label) for label in one.ingresses),
        places=tuple(one.places),
        restore=tuple(dict.fromkeys(hints)),
    )
