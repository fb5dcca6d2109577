"""A short path that a regular expression matches, put together from its parts. Pure.

Nothing is tried out, so that no expression can take long. What is not plain, such as what must not follow, is given up.
"""

import importlib
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

REGEX = re.compile(r"[\\^$|?*+()\[\]{}]")
"""What is no letter of a path where paths are patterns."""

_LONGEST_PATTERN = 1000
_LONGEST = 200
_DEEPEST = 20
_MOST = 6
"""So many texts of each part are kept: the shortest may not go with what follows."""

_LETTERS = "x0ay-_A/.@"
_END = "\n"
"""Stands where nothing may follow; no path holds one."""

_UNREADABLE = (
    *(ImportError, AttributeError, TypeError, ValueError),
    *(LookupError, OverflowError, RecursionError, re.error, Warning),
)


def plain_beginning(path: str) -> str:
    """Return the part of a path before its first pattern, which matches itself."""
    pattern = REGEX.search(path)
    return (path[: pattern.start()] if pattern else path) or "/"


def path_for(pattern: str, *, read: bool) -> tuple[str, bool]:
    """Return what stands for a pattern, and whether that surely meets it.

    ``read`` says that the host's paths are read as regular expressions. Elsewhere a star may be one of another kind, so
    the plain beginning is kept.
    """
    beginning, text = plain_beginning(pattern), matched(pattern)
    if text and (read or text.startswith(beginning)):
        return text, read
    return beginning, False


@lru_cache(maxsize=4096)
def matched(pattern: str) -> str:
    """Return a short text that a regular expression matches; empty where none is plain."""
    if len(pattern) > _LONGEST_PATTERN or not pattern.isprintable():
        return ""
    try:
        # Python's own parser has no public name. Without it a pattern has its plain beginning.
        parser = importlib.import_module("re._parser")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            texts = _sequence(parser.parse(pattern), _DEEPEST)
    except _UNREADABLE:
        return ""
    return next((text.rstrip(_END) for text in texts if text.startswith("/")), "")


def _sequence(parts: Iterable[tuple[object, Any]], depth: int) -> list[str]:
    """Return the shortest texts of parts that follow each other; none where one is not plain."""
    texts = [""] if depth else []
    for name, argument in parts if depth else ():
        part = list(_PARTS.get(str(name), _not_plain)(argument, depth - 1))
        texts = _shortest(before + after for before in texts for after in part)
        if not texts:
            break
    return texts


def _shortest(texts: Iterable[str]) -> list[str]:
    """Return a few texts that can be, first those that nobody takes for another path, then by length and order."""
    fit = dict.fromkeys(text for text in texts if len(text) <= _LONGEST and _END not in text.rstrip(_END))
    return sorted(fit, key=lambda text: ("//" in text or "/." in text, len(text.rstrip(_END))))[:_MOST]


def _branch(argument: Any, depth: int) -> list[str]:
    return _shortest(text for choice in argument[1] for text in _sequence(choice, depth)[:1])


def _repeated(argument: Any, depth: int) -> Iterator[str]:
    least, most, parts = argument
    if not least:
        yield ""
    for text in _sequence(parts, depth):
        for times in (max(least, 1), least + 1):
            if times <= most and times * max(len(text), 1) <= _LONGEST:
                yield text * times


def _one_of(argument: Any, _: int) -> list[str]:
    """Return one letter of a set."""
    negated = str(argument[0][0]) == "NEGATE"
    rest = argument[1:] if negated else argument
    # The first of each part that says which letters, in case that none of ours is among them.
    own = [value[0] if str(name) == "RANGE" else value for name, value in rest if str(name) != "CATEGORY"]
    letters = _LETTERS if negated else _LETTERS + "".join(map(chr, own))
    return [letter for letter in letters if negated != any(_holds(item, letter) for item in rest)][:1]


def _holds(item: tuple[object, Any], letter: str) -> bool:
    name, value = str(item[0]), item[1]
    if name == "RANGE":
        return bool(value[0] <= ord(letter) <= value[1])
    return bool(ord(letter) == value) if name == "LITERAL" else _CATEGORIES[str(value)](letter)


def _not_plain(_: Any, __: int) -> list[str]:
    return []


_CATEGORIES: Mapping[str, Callable[[str], bool]] = {
    "CATEGORY_DIGIT": str.isdigit,
    "CATEGORY_NOT_DIGIT": lambda letter: not letter.isdigit(),
    "CATEGORY_WORD": lambda letter: letter.isalnum() or letter == "_",
    "CATEGORY_NOT_WORD": lambda letter: not letter.isalnum() and letter != "_",
    "CATEGORY_NOT_SPACE": lambda _: True,
    "CATEGORY_SPACE": lambda _: False,
}
_PARTS: Mapping[str, Callable[[Any, int], Iterable[str]]] = {
    "LITERAL": lambda code, _: [chr(code)],
    "NOT_LITERAL": lambda code, _: ["y" if code == ord("x") else "x"],
    "ANY": lambda *_: ["x"],
    "IN": _one_of,
    "BRANCH": _branch,
    "SUBPATTERN": lambda argument, depth: _sequence(argument[3], depth),
    "MAX_REPEAT": _repeated,
    "MIN_REPEAT": _repeated,
    "AT": lambda place, _: [_END] if str(place) in {"AT_END", "AT_END_STRING"} else [],
}
