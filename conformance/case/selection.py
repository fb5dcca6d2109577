"""Choosing cases with the expressions that pytest's ``-k`` takes: words joined by and, or, not and parentheses."""

import re
from collections.abc import Callable, Collection, Iterable

from conformance.case.model import Case, Level
from conformance.case.problems import did_you_mean, either, quoted
from conformance.errors import BadInput

Predicate = Callable[[str], bool]
"""Tells of a word whether it applies."""

_TOKEN = re.compile(r"\s*(?:(?P<word>[\w:+\-.\[\]\\/]+)|(?P<sign>[()]))")
_DEEPEST = 50


def selected(cases: Iterable[Case], expression: str = "", levels: Collection[Level] = ()) -> tuple[Case, ...]:
    """Return the cases whose id, statements or level the expression fits, at one of the levels if any are given.

    Raises:
        BadInput: the expression cannot be understood.
    """
    fits = compiled(expression)
    return tuple(case for case in cases if fits(_words(case)) and (not levels or case.level in levels))


def named_levels(text: str) -> tuple[Level, ...]:
    """Return the levels that a list with commas names.

    Raises:
        BadInput: one of them is none.
    """
    known = [level.value for level in Level]
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known, otherwise=f"the levels are {either(known)}")
            raise BadInput(f"there is no level {quoted(name)}", where="--level", hint=hint)
    return tuple(map(Level, names))


def compiled(expression: str) -> Callable[[Collection[str]], bool]:
    """Return what an expression means: a word applies where one of the words of a case contains it, in any case.

    Raises:
        BadInput: the expression cannot be understood.
    """
    if not expression.strip():
        return lambda _: True
    meaning = _Parser(expression).whole()
    return lambda words: meaning(lambda wanted: any(wanted in word for word in words))


def _words(case: Case) -> tuple[str, ...]:
    return tuple(word.lower() for word in (case.id, *case.statements, case.level.value))


class _Parser:
    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.tokens = list(self._tokens())
        self.next = self.depth = 0

    def whole(self) -> Callable[[Predicate], bool]:
        meaning = self._either()
        if self.next < len(self.tokens):
            raise self._wrong("and, or, or the end")
        return meaning

    def _tokens(self) -> Iterable[tuple[str, int]]:
        position, end = 0, len(self.expression.rstrip())
        while position < end:
            found = _TOKEN.match(self.expression, position)
            if not found:
                place = position + len(self.expression[position:]) - len(self.expression[position:].lstrip())
                raise _error(self.expression, place, "a word")
            yield found[found.lastgroup or 0].lower(), found.start(found.lastgroup or 0)
            position = found.end()

    def _either(self) -> Callable[[Predicate], bool]:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda applies: any(part(applies) for part in parts)

    def _all(self) -> Callable[[Predicate], bool]:
        parts = [self._one()]
        while self._take("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda applies: all(part(applies) for part in parts)

    def _one(self) -> Callable[[Predicate], bool]:
        negated = False
        while self._take("not"):
            negated = not negated
        if self._take("("):
            self.depth += 1
            if self.depth > _DEEPEST:
                raise BadInput(f"-k: more than {_DEEPEST} parentheses inside each other")
            inner = self._either()
            if not self._take(")"):
                raise self._wrong("a closing parenthesis")
            self.depth -= 1
        elif self.next < len(self.tokens) and self.tokens[self.next][0] not in {"and", "or", ")"}:
            word = self.tokens[self.next][0]
            self.next += 1
            inner = lambda applies: applies(word)  # noqa: E731
        else:
            raise self._wrong("a word, not, or an opening parenthesis")
        return (lambda applies: not inner(applies)) if negated else inner

    def _take(self, token: str) -> bool:
        if self.next < len(self.tokens) and self.tokens[self.next][0] == token:
            self.next += 1
            return True
        return False

    def _wrong(self, expected: str) -> BadInput:
        at_end = self.next >= len(self.tokens)
        return _error(self.expression, len(self.expression) if at_end else self.tokens[self.next][1], expected)


def _error(expression: str, position: int, expected: str) -> BadInput:
    shown = expression if len(expression) <= 100 else f"{expression[:99]}…"
    hint = "examples: -k wildcard · -k 'P21 or P22' · -k 'hosts/ and not observed'"
    return BadInput(f"expected {expected} at character {position + 1} of {shown!r}", where="-k", hint=hint)
