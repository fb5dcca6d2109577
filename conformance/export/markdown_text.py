"""Text for Markdown that is shown as it is, whatever it holds: no link, no picture, no mention, no column."""

import re
import string

from conformance.visible import visible

# A dash or a number with a dot begins a list only at the start of a line, where none of these texts stands.
_REFERENCES = {ord(char): f"&#{ord(char)};" for char in string.punctuation if char not in "-.,:/()"} | {ord("\n"): " "}
_SAFE_URL = re.compile(r"https://[A-Za-z0-9./_-]+(#[A-Za-z0-9._-]+)?")


def plain(text: str) -> str:
    """Return text as prose: punctuation that Markdown or HTML could obey becomes a character reference."""
    return visible(text).translate(_REFERENCES)


def code(text: str) -> str:
    """Return text as code, for a sentence or the cell of a table."""
    # GitHub finds no mentions and no issues in code. An element, because no fence is safe in the cell of a table.
    return f"<code>{plain(text)}</code>"


def link(text: str, url: str) -> str:
    """Return a link where the URL is a plain one, else both as prose."""
    return f"[{plain(text)}]({url})" if _SAFE_URL.fullmatch(url) else f"{plain(text)} ({plain(url)})"


def block(text: str) -> str:
    """Return text as a block of code with a fence that it does not contain."""
    shown = visible(text)
    fence = "```"
    while fence in shown:
        fence += "`"
    return f"{fence}\n{shown}\n{fence}"


def row(*cells: str) -> str:
    """Return a row of a table; the cells are Markdown already."""
    return "| " + " | ".join(cells) + " |"
