"""File names from whatever a report calls things: short, plain, and never two alike."""

import hashlib
import re
from collections.abc import Iterable

LENGTH = 80
_PLAIN = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?")
_OTHER = re.compile(r"[^a-z0-9._-]+")
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
"""Windows opens a device under these names, whatever their ending."""


def file_name(text: str) -> str:
    """Return a name for a file, without its ending: the text if it is plain, else what is left of it and a digest."""
    plain = text.replace("/", "--", 1).replace(" ", "-")
    if _PLAIN.fullmatch(plain) and ".." not in plain and len(plain) <= LENGTH and not _DEVICES.fullmatch(plain):
        return plain
    if _DEVICES.fullmatch(plain.lower()):
        plain = f"x-{plain}"
    kept = _OTHER.sub("-", plain.lower()).replace("..", "-").strip("-._")[: LENGTH - 13].strip("-._")
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{kept}-{digest}" if kept else f"x-{digest}"


def file_names(texts: Iterable[str]) -> dict[str, str]:
    """Return a name for each text, no two alike: a plain text may look like another one's name with its digest."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for text in texts:
        if text in names:
            continue
        name, turn = file_name(text), 1
        while name in taken:
            turn += 1
            name = f"{file_name(text)[: LENGTH - 5]}-{turn}"
        names[text] = name
        taken.add(name)
    return names
