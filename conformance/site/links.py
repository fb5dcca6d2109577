"""What a report calls a link, and whether it may be one."""

import re

_LINK = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?(/[!-~]*|[?#][!-~]*)?")
_LENGTH = 1000


def safe_link(text: str) -> str:
    """Return the text if it is a plain web address, else nothing: no script, no other scheme, no odd characters."""
    return text if len(text) <= _LENGTH and _LINK.fullmatch(text) else ""
