"""JSON read without mercy, and written in one way only, so that equal values have equal digests."""

import hashlib
import json
from typing import Any, NoReturn


def parse(data: bytes) -> Any:
    """Return the value of a JSON text in UTF-8.

    Raises:
        ValueError: it is no JSON, or two readers could read it differently (a key that is there twice, NaN); a text
            that is nested too deeply counts as no JSON.
    """
    try:
        return json.loads(data.decode(), object_pairs_hook=_unambiguous, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


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


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")
