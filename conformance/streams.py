"""The standard streams, whatever they were made for."""

import io
import json
import os
import sys
from typing import Any


def escape_unwritable() -> None:
    """Write a character that the encoding of a standard stream lacks as an escape, such as ``\\u2717``.

    Else the first sign of a matrix would end a command with a traceback, and a status that says something else.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def colours() -> bool | None:
    """Return ``False`` where whoever started this wants none, as rich does; else ``None``: as the output allows."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def json_for_output(value: Any) -> str:
    """Return JSON that standard output can write as it is; an escape of its own making would be none of JSON's."""
    return json.dumps(value, indent=2, ensure_ascii=not (sys.stdout.encoding or "").lower().startswith("utf"))
