"""JSON read without mercy, and written in one way only, so that equal values have equal digests."""

import hashlib
import json
import math
from typing import Any, NoReturn

_DIGITS = 300
"""A whole number with so many digits is still finite as a fraction."""


def parse(data: bytes) -> Any:
    """Return the value of a JSON text in UTF-8.

    Raises:
        ValueError: it is no JSON, or two readers could read it differently (a key that is there twice, NaN, a number
            that is infinite to some); a text that is nested too deeply counts as no JSON.
    """
    try:
        return loads(data.decode(), object_pairs_hook=_unambiguous)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def loads(text: str, **hooks: Any) -> Any:
    """Return the value of a JSON text, as the standard library reads it, but without numbers that are none.

    Raises:
        ValueError: it is no JSON, or a number in it is infinite, or none.
        RecursionError: it is nested too deeply.
    """
    return json.loads(text, parse_constant=_no_number, parse_float=_finite, parse_int=_whole, **hooks)


def canonical(value: Any) -> bytes:
    """Return the one JSON text of a value: keys sorted, no white space, ASCII only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def digest(value: Any) -> str:
    """Return ``sha256:…`` of the canonical text."""
    return f"sha256:{hashlib.sha256(canonical(value)).hexdigest()}"


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in found if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r:.80} is there twice in one object")
    return found


def _finite(word: str) -> float:
    number = float(word)
    if not math.isfinite(number):
        raise ValueError(f"the number {word:.20} is too large")
    return number


def _whole(word: str) -> int:
    # Where a fraction may stand it would be taken for one, and be infinite.
    if len(word) > _DIGITS:
        raise ValueError(f"the number {word:.20}… is too large")
    return int(word)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")
