"""How each Ingress and each of its annotations stands so far. Filled while answers are compared."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from conformance.migrate.annotations import Family, Known, known_annotations
from conformance.migrate.found import Found
from conformance.migrate.model import WORST_FIRST, AnnotationRecord, IngressRecord, Sort, Status
from conformance.migrate.plan import Asked, Plan, spoken_for
from conformance.migrate.question import Question
from conformance.migrate.scene import Scene, unknown_annotations
from conformance.migrate.showing import held_annotations, restricting, shown_by
from conformance.visible import visible

_STATUS: Mapping[Sort, Status] = {
    Sort.UNSAFE: "unsafe",
    Sort.DIFFERS: "differs",
    Sort.IGNORED: "ignored",
    Sort.UNCHANGED: "kept",
}

TOO_MANY = "not all of its paths and guards were asked about: too many share its hosts"


@dataclass
class Ledger:
    """Notes by Ingress, and by Ingress and annotation. ``claim_seen``: a backend got one on both.

    On which kinds of paths a guard was seen is noted apart: on another kind a controller may have none.
    """

    compared: int = 0
    claim_seen: bool = False
    _sorts: dict[str, Sort] = field(default_factory=dict)
    _annotations: dict[tuple[str, str], Sort] = field(default_factory=dict)
    _effective: set[tuple[str, str]] = field(default_factory=set)
    _open: set[tuple[str, str]] = field(default_factory=set)
    _guarded: set[tuple[str, str, Hashable]] = field(default_factory=set)
    _unguarded: set[tuple[str, str, Hashable]] = field(default_factory=set)
    _why: dict[str, str] = field(default_factory=dict)

    def note(
        self,
        asked: Asked,
        question: Question,
        sort: Sort,
        *,
        follows: Sort | None = None,
        open_before: bool = False,
        silent: bool = False,
        idle: bool = False,
        why: str = "",
    ) -> None:
        """Take note of one compared question: how it stands, and how that from which it ``follows``, if anything.

        ``silent`` says that its answers show nothing of annotations, ``idle`` that they are as if these were not there.
        ``why`` is why it is not judged.
        """
        for found in spoken_for(asked, question.owner, *question.speaks_for):
            if why:
                self._why.setdefault(found.label, why[:600])
            self._sorts[found.label] = _worse(follows or sort, self._sorts.get(found.label))
            shown = shown_by(question, found, alike=sort is Sort.UNCHANGED)
            if question.guards and not question.keeps:
                kinds = self._unguarded if silent else self._guarded
                kinds |= {(found.label, short, question.path_kind) for short in shown}
            for short in () if silent else shown:
                key = (found.label, short)
                self._annotations[key] = _worse(sort, self._annotations.get(key))
                if not idle:
                    self._effective.add(key)
                if open_before:
                    self._open.add(key)

    def not_judged(self, asked: Asked, scene: Scene, why: str) -> None:
        """Take note of a scene that says nothing: of all the Ingresses in it, or of those that a guard is about."""
        owners = {owner for q in scene.questions.values() for owner in (q.owner, *q.speaks_for)}
        guard = any(question.variant for question in scene.questions.values())
        for owner in owners if guard else range(len(asked.group.ingresses)):
            self.not_asked(asked, owner, why)

    def too_little_asked(self, asked: Asked) -> None:
        """Take note of the Ingresses of a group that nobody can judge by what is asked."""
        for owner in asked.unasked:
            self.not_asked(asked, owner, TOO_MANY)
        for owner, family in asked.partly:
            for found in spoken_for(asked, owner):
                shorts = held_annotations(found, known_annotations()).get(family, ())
                self._unguarded |= {(found.label, short, None) for short in shorts}

    def not_asked(self, asked: Asked, owner: int, why: str) -> None:
        """Take note of an Ingress of which a rule was not asked, whatever else of it was."""
        for found in spoken_for(asked, owner):
            self._sorts[found.label] = _worse(Sort.NOT_JUDGED, self._sorts.get(found.label))
            self._why.setdefault(found.label, why[:600])

    def ingresses(self, plan: Plan) -> Iterator[IngressRecord]:
        """Yield how each Ingress stands, in the order of their names; one that nothing was asked of is not judged."""
        known = known_annotations()
        records = []
        for asked in plan.asked:
            for group in (asked.group, *asked.alike):
                for owner, found in enumerate(group.ingresses):
                    first = asked.group.ingresses[owner].label
                    records.append(self._record(found, "" if group is asked.group else first, known))
        for found, why in plan.refused:
            self._why[found.label] = why[:600]
            records.append(self._record(found, "", known))
        yield from sorted(records, key=lambda record: (record.namespace, record.name))

    def _record(self, found: Found, asked_as: str, known: Known) -> IngressRecord:
        held = [(short, known.families[name]) for name, of in held_annotations(found, known).items() for short in of]
        unasked = [short for short, family in held if self._standing(found.label, short, family)[1] == "not asked"]
        guards = [short for short in unasked if short in restricting(found)]
        unknown = tuple(visible(key) for key in unknown_annotations([found]))
        sort = self._sorts.get(found.label, Sort.NOT_JUDGED)
        why = self._why.get(found.label, "" if found.label in self._sorts else "nothing of it was asked")
        if sort is Sort.UNCHANGED and (guards or unknown):
            sort = Sort.PARTLY
            why = f"nobody asked about {', '.join((*guards, *unknown))}"
        return IngressRecord(
            namespace=visible(found.namespace),
            name=visible(found.name),
            origin=visible(str(found.origin)),
            sort=sort,
            asked_as=visible(asked_as),
            converted=found.converted,
            detail=visible(why),
            not_asked=tuple(short for short, family in held if short in unasked or family.cannot),
            unknown=unknown,
        )

    def annotations(self, ingresses: Iterable[Found]) -> Iterator[AnnotationRecord]:
        """Yield what became of the annotations, the worst first, and guards before others; last, what nobody knows."""
        known = known_annotations()
        found = list(ingresses)
        used: dict[tuple[str, str, bool, Sort, Status], list[str]] = {}
        for ingress in found:
            guards = restricting(ingress)
            for name, shorts in held_annotations(ingress, known).items():
                for short in shorts:
                    standing = (
                        name,
                        short,
                        short in guards,
                        *self._standing(ingress.label, short, known.families[name]),
                    )
                    used.setdefault(standing, []).append(ingress.label)
        worst_first = sorted(used.items(), key=lambda pair: (WORST_FIRST.index(pair[0][3]), not pair[0][2]))
        for (name, short, guard, sort, status), labels in worst_first:
            family = known.families[name]
            yield AnnotationRecord(
                name=short,
                family=name,
                restricts=guard,
                sort=sort,
                status=status,
                detail=f"{family.says} {family.not_asked.get(short, family.cannot)}".strip(),
                ingresses=tuple(map(visible, labels)),
            )
        for key, owners in unknown_annotations(found).items():
            detail = "The suite knows nothing of it: neither what it does, nor whether the new controller does it."
            yield AnnotationRecord(
                name=visible(key),
                sort=Sort.NOT_JUDGED,
                status="unknown",
                detail=detail,
                ingresses=tuple(map(visible, owners)),
            )

    @cached_property
    def _in_part(self) -> frozenset[tuple[str, str]]:
        """The Ingresses and guards of theirs of which nothing is seen on some kind of path, once all is compared."""
        return frozenset(key[:2] for key in self._unguarded - self._guarded)

    def _standing(self, label: str, short: str, family: Family) -> tuple[Sort, Status]:
        sort = self._annotations.get((label, short))
        if sort is None or (sort is Sort.UNCHANGED and (label, short) in self._in_part):
            return Sort.NOT_JUDGED, "not asked"
        if sort is Sort.UNCHANGED and (label, short) in self._open:
            return sort, "open before"
        if sort is Sort.UNCHANGED and short in family.seen and (label, short) not in self._effective:
            return sort, "no effect before"
        return sort, _STATUS.get(sort, "not asked")


def _worse(one: Sort, other: Sort | None) -> Sort:
    return one if other is None else min(one, other, key=WORST_FIRST.index)
