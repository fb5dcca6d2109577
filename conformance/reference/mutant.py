"""What a mutant is: a name, one sentence that says what is wrong, and how its behaviour is made."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from conformance.reference.behaviour import REFERENCE, Behaviour
from conformance.reference.matching import SPECIFIED, choose
from conformance.reference.state import RIGHT


@dataclass(frozen=True, slots=True)
class Mutant:
    """A way to be wrong; ``make`` gives a behaviour with fresh memory from the argument (else ``default``)."""

    name: str
    sentence: str
    make: Callable[[float], Behaviour]
    default: float = 0.0


def fixed(name: str, sentence: str, behaviour: Behaviour) -> Mutant:
    """Return a mutant without argument and memory."""
    return Mutant(name, sentence, lambda _: behaviour)


def matching(**seams: Any) -> Behaviour:
    """Return the reference with other seams of the matching."""
    return replace(REFERENCE, choose=functools.partial(choose, how=replace(SPECIFIED, **seams)))


def reading(**seams: Any) -> Behaviour:
    """Return the reference with other seams between objects and snapshot."""
    return replace(REFERENCE, reading=replace(RIGHT, **seams))


def behaving(**seams: Any) -> Behaviour:
    """Return the reference with other seams."""
    return replace(REFERENCE, **seams)
