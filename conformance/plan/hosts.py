"""Host names made unique for a case without changing how they relate to each other.

A suffix is appended, so the number of labels before it, wildcards and common parents stay as written in the case:
``*.foo.com`` becomes ``*.foo.com.NAME.SECTION.test`` (``test`` is reserved for this by RFC 6761).
"""

import re

from conformance.case.model import ADDRESS, Case

REALM = "test"
ALONE_REALM = "alone.test"
"""The realm of a case's second judgement: its first objects are still there under the other names."""

_HOST = re.compile(r"(?P<name>[^:|]*?)(\|(?P<behind>[^:]*?))?(?P<dot>\.?)(?P<port>:\d+)?")


def suffixes(case: Case, realm: str) -> tuple[str, ...]:
    """Return what is appended to each host of the case, with its leading dot: one for each copy of its rules."""
    ending = f".{case.name}.{case.section}.{realm}"
    if case.copies == 1:
        return (ending,)
    return tuple(f".copy{number}{ending}" for number in range(1, case.copies + 1))


def unique(host: str, ending: str) -> str:
    """Return ``host`` with ``ending`` appended; a port and a trailing dot stay at the end, the address stays itself.

    What stands behind a bar comes behind the ending: in a run, too, ``foo.com|.org`` begins with all of ``foo.com``.
    """
    if host == ADDRESS:
        return host
    parts = _HOST.fullmatch(host)
    if parts is None:
        return host + ending
    return f"{parts['name']}{ending}{parts['behind'] or ''}{parts['dot']}{parts['port'] or ''}"
