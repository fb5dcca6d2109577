"""The classes that Ingresses name: each is the business of another controller, so none meets another. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from conformance.migrate.found import Found, Reading
from conformance.migrate.question import LeftOut

_LONGEST = 60
_SEVERAL = "each class is judged for itself, as if the controller that you leave served it; --ingress-class keeps one"


def by_class(ingresses: Iterable[Found]) -> Mapping[str, Sequence[Found]]:
    """Return the Ingresses by their class.

    One that names none belongs to the default class, and that is taken to be the one that others name, if it is one.
    """
    found = list(ingresses)
    named = {one.ingress_class for one in found if one.ingress_class}
    default = next(iter(named)) if len(named) == 1 else ""
    parts: dict[str, list[Found]] = {}
    for one in found:
        parts.setdefault(one.ingress_class or default, []).append(one)
    return parts


def of_class(reading: Reading, name: str) -> Reading:
    """Return what was read without the Ingresses of other classes, which are left out with a word."""
    kept = tuple(one for one in reading.ingresses if one.ingress_class == name)
    others = tuple(
        LeftOut("class", f"{_shown(one.ingress_class)}: only class {name} was to be judged", one.label)
        for one in reading.ingresses
        if one.ingress_class != name
    )
    return replace(reading, ingresses=kept, left_out=(*reading.left_out, *others))


def classes_read(reading: Reading) -> str:
    """Return how many Ingresses of which class were read, in words; empty if there are none."""
    counted = Counter(_shown(one.ingress_class) for one in reading.ingresses)
    return ", ".join(f"{number} {shown}" for shown, number in counted.most_common())


def class_notes(sharing: Iterable[Sequence[Found]]) -> Iterator[LeftOut]:
    """Yield what is taken for granted of classes. ``sharing`` are Ingresses that share hosts, whatever their class."""
    parties = list(sharing)
    everyone = [one for party in parties for one in party]
    served = {one.label: name for name, part in by_class(everyone).items() for one in part}
    several = len(set(served.values())) > 1
    for one in everyone if several else ():
        yield LeftOut("class", f"{_shown(served[one.label])}: {_SEVERAL}", one.label)
    for party in parties:
        shared = len({served[one.label] for one in party}) > 1
        named = any(one.ingress_class for one in party)
        for one in party:
            if shared:
                why = "another class is on its hosts, or on those of its group: how the two share them is not asked"
                yield LeftOut("class-shared", why, one.label)
            if named and served[one.label] != one.ingress_class:
                why = f"without a class, on hosts of class {served[one.label][:_LONGEST]}: judged as if of that class"
                yield LeftOut("class-assumed", why, one.label)


def _shown(name: str) -> str:
    return f"of class {name[:_LONGEST]}" if name else "without a class"
