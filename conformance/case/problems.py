"""What is wrong with a case file: each problem with its place and a hint, and all of them as one error."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from conformance.errors import BadInput
from conformance.visible import visible

SHOWN_PER_FILE = 100
"""A file of noise can hold any number of problems; beyond this many they are only counted."""

LONGEST = 500
"""Characters of a message or a hint, which may quote from the file."""


class Place(NamedTuple):
    """A position in a file, both numbers counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where it is, and what to do about it."""

    file: str
    message: str
    hint: str = ""
    place: Place | None = None

    def __str__(self) -> str:
        where = f"{self.file}:{self.place.line}:{self.place.column}" if self.place else self.file
        return f"{where}: {_fit(self.message)}" + (f"\n  hint: {_fit(self.hint)}" if self.hint else "")


class CaseErrors(BadInput):
    """Everything that is wrong with the case files, not only the first thing."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(_shown(self.problems)))


def did_you_mean(word: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """Return a hint that names the known words nearest to ``word``; ``otherwise`` where none is near."""
    near = nearest(word, known)
    return f"did you mean {either(near)}?" if near else otherwise


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Return the known words nearest to ``word``, at most three; none where none is near."""
    candidates = list(known)
    near = difflib.get_close_matches(word[:200], candidates, n=3, cutoff=0.6)
    if not near:
        folded = {candidate.lower(): candidate for candidate in candidates}
        near = [folded[found] for found in difflib.get_close_matches(word[:200].lower(), list(folded), n=3)]
    return near


def either(words: Sequence[str]) -> str:
    """Return the words as a phrase: ``a, b or c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} or {words[-1]}"


def quoted(value: object) -> str:
    """Return what somebody wrote in a form that fits into a message: in quotes, on one line, not endless."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _fit(text: str) -> str:
    """Return text on one line that no terminal obeys, and that ends."""
    shown = visible(text[:LONGEST], keep="")
    return shown if len(text) <= LONGEST else f"{shown}…"


def _shown(problems: Sequence[Problem]) -> Iterable[str]:
    counts: dict[str, int] = {}
    for problem in problems:
        counts[problem.file] = counts.get(problem.file, 0) + 1
        if counts[problem.file] <= SHOWN_PER_FILE:
            yield str(problem)
    for file, count in counts.items():
        if count > SHOWN_PER_FILE:
            yield f"{file}: {count - SHOWN_PER_FILE} more problems"
