"""Checks of the certificates that a case's Secrets ask for: they must be ones that can be made."""

import re
from collections.abc import Iterator

from conformance.case.flaw import Flaw
from conformance.case.lint_backends import places
from conformance.case.matching import items, mapping
from conformance.case.model import Case
from conformance.case.problems import quoted

_LABEL = r"(?!..--)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*")


def certificate_flaws(case: Case) -> Iterator[Flaw]:
    """Yield the names that no certificate can be made for."""
    for place, manifest in places(case):
        names = items(mapping(manifest.get("certificate")).get("names"))
        for number, name in enumerate(names):
            if not _NAME.fullmatch(str(name)):
                hint = "a host name in small letters, such as foo.com or *.foo.com"
                message = f"no certificate can be made for {quoted(name)}"
                yield Flaw((*place, "certificate", "names", number), message, hint)
