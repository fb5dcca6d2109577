"""What the checks find: a place within a case, what is wrong there, and what to do about it."""

from typing import NamedTuple

from conformance.case.matching import Pointer


class Flaw(NamedTuple):
    """One thing that is wrong with a case; ``pointer`` is a path within it, empty for the case as a whole."""

    pointer: Pointer
    message: str
    hint: str = ""
