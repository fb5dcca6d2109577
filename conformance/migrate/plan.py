"""Everything that is to be asked: one group of each shape, the questions about it, and who is like it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from conformance.case.model import Case
from conformance.migrate.claimed import claimants
from conformance.migrate.classes import class_notes
from conformance.migrate.contested import contested
from conformance.migrate.derivation import agenda
from conformance.migrate.found import Found, Trouble
from conformance.migrate.grouping import Group, groups, sharing
from conformance.migrate.question import LeftOut
from conformance.migrate.scene import Scene, notes_for_others, scenes, stand_in_notes, too_long
from conformance.migrate.shape import shape_of

CHANCE = (
    "several rules claim the same: a controller may leave it to chance who gets it, at each load anew; "
    "seven loads were seen, which need not show it"
)


@dataclass(frozen=True)
class Asked:
    """One group that is judged, its scenes, and the groups that it speaks for.

    ``unasked`` are its Ingresses of which too little is asked to judge them, ``partly`` those whose guards of a family
    are not asked about on every kind of path.
    """

    group: Group
    scenes: tuple[Scene, ...]
    alike: tuple[Group, ...] = ()
    unasked: frozenset[int] = frozenset()
    partly: frozenset[tuple[int, str]] = frozenset()


@dataclass(frozen=True)
class Plan:
    """What is asked, what is left out on purpose, and what cannot be asked at all.

    ``refused`` are Ingresses that an API server does not take, each with the reason.
    """

    asked: tuple[Asked, ...]
    left_out: tuple[LeftOut, ...] = ()
    troubles: tuple[Trouble, ...] = field(default=())
    refused: tuple[tuple[Found, str], ...] = ()

    @property
    def cases(self) -> tuple[Case, ...]:
        """All cases, in the order of their groups."""
        return tuple(scene.case for one in self.asked for scene in one.scenes)


def plan_of(ingresses: Iterable[Found], refused: Mapping[str, str] = MappingProxyType({})) -> Plan:
    """Return what to ask about these Ingresses, as if those that are ``refused``, by their labels, were not there."""
    everyone = tuple(ingresses)
    ingresses = tuple(found for found in everyone if found.label not in refused)
    by_shape: dict[str, list[Group]] = {}
    troubles: list[Trouble] = []
    for group in groups(ingresses):
        if host := too_long(group):
            message = f"the host {host[:60]}… leaves no room for what makes it unique in a run"
            troubles += [
                Trouble(found.origin, "invalid", f"Ingress {found.label}: {message}") for found in group.ingresses
            ]
        else:
            by_shape.setdefault(shape_of(group), []).append(group)
    asked: list[Asked] = []
    left: list[LeftOut] = list(class_notes(sharing(ingresses)))
    claiming = claimants([first for first, *_ in by_shape.values()])
    for number, (first, *others) in enumerate(by_shape.values(), start=1):
        found = agenda(first, claimant=claiming.get(number - 1))
        made = tuple(scenes(first, found.questions, number))
        asked.append(Asked(first, made, tuple(others), found.unasked, found.partly))
        if any(contested(scene.case) for scene in asked[-1].scenes):
            left += [LeftOut("chance", CHANCE, group.ingresses[0].label) for group in (first, *others)]
        left += [*found.left_out, *stand_in_notes(first)]
        # These may differ where the groups are alike.
        left += [note for group in (first, *others) for note in notes_for_others(group.ingresses)]
        if others:
            like = first.ingresses[0].label
            count = sum(len(group.ingresses) for group in others)
            left.append(LeftOut("alike", "the same but for names; one is asked for all", like, count))
    turned_away = tuple((found, refused[found.label]) for found in everyone if found.label in refused)
    return Plan(tuple(asked), tuple(left), tuple(troubles), turned_away)


def spoken_for(asked: Asked, *owners: int) -> tuple[Found, ...]:
    """Return the Ingresses for which answers about some hold: these, and their like in each group that is alike."""
    return tuple(group.ingresses[owner] for group in (asked.group, *asked.alike) for owner in owners)
