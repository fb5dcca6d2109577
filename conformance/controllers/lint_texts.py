"""What no text of an entry may hold: characters that a terminal obeys instead of showing them."""

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.case.flaw import Flaw
from conformance.case.matching import Pointer
from conformance.controllers.entry import Entry

_FILES = ("process", "files")
_CONTENTS = frozenset({("process", "objects"), ("manifests", "template")})
"""What others read by rules of their own, as they do the contents of files."""

_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of writing, so that a text reads as another."""


def text_flaws(entry: Entry) -> Iterator[Flaw]:
    """Yield each text, or name of something, that holds such a character."""
    for pointer, text in _texts(entry.model_dump(by_alias=True), ()):
        found = next((c for c in text if _obeyed(c)), "")
        if found:
            message = f"the control character {found.encode('unicode_escape').decode()} is in this text"
            yield Flaw(pointer, message, "take it out")


def _texts(value: Any, pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            place = (*pointer, key)
            yield place, str(key)
            if pointer != _FILES and place not in _CONTENTS:
                yield from _texts(part, place)
    elif isinstance(value, (list, tuple)):
        for number, part in enumerate(value):
            yield from _texts(part, (*pointer, number))


def _obeyed(character: str) -> bool:
    return character in _DIRECTIONS or (unicodedata.category(character) == "Cc" and character not in "\n\t")
