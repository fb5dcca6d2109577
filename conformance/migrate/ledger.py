"""How each Ingress and each of its annotations stands so far. Filled while answers are compared."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from conformance.migrate.annotations import Known, known_annotations
from conformance.migrate.found import CLASS_ANNOTATION, Found
from conformance.migrate.model import WORST_FIRST, AnnotationRecord, IngressRecord, Sort, Status
from conformance.migrate.plan import Asked, Plan, spoken_for
from conformance.migrate.question import Question
from conformance.migrate.scene import Scene, unknown_annotations
from conformance.visible import visible

_STATUS: Mapping[Sort, Status] = {
    Sort.UNSAFE: "unsafe",
    Sort.DIFFERS: "differs",
    Sort.IGNORED: "ignored",
    Sort.UNCHANGED: "kept",
}


@dataclass
class Ledger:
    """Notes by Ingress, and by Ingress and family of annotations."""

    compared: int = 0
    _sorts: dict[str, Sort] = field(default_factory=dict)
    _families: dict[tuple[str, str], Sort] = field(default_factory=dict)
    _open: set[tuple[str, str]] = field(default_factory=set)
    _why: dict[str, str] = field(default_factory=dict)

    def note(
        self,
        asked: Asked,
        question: Question,
        sort: Sort,
        *,
        follows: Sort | None = None,
        open_before: bool = False,
        why: str = "",
    ) -> None:
        """Take note of one compared question: how it stands, and how that from which it ``follows``, if anything.

        ``why`` is why it is not judged.
        """
        for found in spoken_for(asked, question.owner, *question.speaks_for):
            if why:
                self._why.setdefault(found.label, why[:600])
            self._sorts[found.label] = _worse(follows or sort, self._sorts.get(found.label))
            if question.family:
                key = (found.label, question.family)
                self._families[key] = _worse(sort, self._families.get(key))
                if open_before:
                    self._open.add(key)

    def not_judged(self, asked: Asked, scene: Scene, why: str) -> None:
        """Take note of a scene that says nothing: of all the Ingresses in it, or of those that a guard is about."""
        owners = {question.owner for question in scene.questions.values()}
        guard = any(question.variant for question in scene.questions.values())
        for owner in owners if guard else range(len(asked.group.ingresses)):
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
        yield from sorted(records, key=lambda record: (record.namespace, record.name))

    def _record(self, found: Found, asked_as: str, known: Known) -> IngressRecord:
        families = {name: known.families[name] for key in found.annotations if (name := known.family(key))}
        return IngressRecord(
            namespace=visible(found.namespace),
            name=visible(found.name),
            origin=visible(str(found.origin)),
            sort=self._sorts.get(found.label, Sort.NOT_JUDGED),
            asked_as=visible(asked_as),
            converted=found.converted,
            detail=visible(self._why.get(found.label, "" if found.label in self._sorts else "nothing of it was asked")),
            not_asked=tuple(name for name, family in families.items() if family.cannot),
            unknown=tuple(visible(key) for key in unknown_annotations([found])),
        )

    def annotations(self, ingresses: Iterable[Found]) -> Iterator[AnnotationRecord]:
        """Yield what became of the annotations, the worst first; what nobody knows is among them."""
        known = known_annotations()
        found = list(ingresses)
        used: dict[tuple[str, Sort, Status], dict[str, None]] = {}
        for ingress in found:
            for name in dict.fromkeys(known.family(key) for key in ingress.annotations if key != CLASS_ANNOTATION):
                if name:
                    used.setdefault((name, *self._standing(ingress.label, name)), {})[ingress.label] = None
        for (name, sort, status), labels in sorted(used.items(), key=lambda pair: WORST_FIRST.index(pair[0][1])):
            family = known.families[name]
            yield AnnotationRecord(
                name=name,
                sort=sort,
                status=status,
                detail=f"{family.says} {family.cannot}".strip(),
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

    def _standing(self, label: str, family: str) -> tuple[Sort, Status]:
        sort = self._families.get((label, family))
        if sort is None:
            return Sort.NOT_JUDGED, "not asked"
        if sort is Sort.UNCHANGED and (label, family) in self._open:
            return sort, "open before"
        return sort, _STATUS.get(sort, "not asked")


def _worse(one: Sort, other: Sort | None) -> Sort:
    return one if other is None else min(one, other, key=WORST_FIRST.index)
