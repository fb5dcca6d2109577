"""What an entry must satisfy beyond the shape of its file, so that it can run."""

import re
from collections.abc import Collection, Iterator

from conformance.case.flaw import Flaw
from conformance.case.problems import did_you_mean, quoted
from conformance.controllers.entry import NAME, Entry
from conformance.controllers.lint_places import process_flaws


def lint(entry: Entry, statements: Collection[str] | None = None) -> tuple[Flaw, ...]:
    """Return what is wrong with an entry; ``statements`` are the ids that the specification has, if known."""
    found = (_names(entry), _claims(entry, statements), _ways(entry))
    return tuple(flaw for flaws in found for flaw in flaws)


def _names(entry: Entry) -> Iterator[Flaw]:
    for pointer, name in ((("name",), entry.name), (("class", "name"), entry.ingress_class.name)):
        if not re.fullmatch(NAME, name):
            hint = "small letters, digits and dashes, at most 40 characters"
            yield Flaw(pointer, f"name cannot be {quoted(name)}", hint)


def _claims(entry: Entry, known: Collection[str] | None) -> Iterator[Flaw]:
    seen: set[str] = set()
    for number, claim in enumerate(entry.claims):
        pointer = ("claims", number, "statement")
        if known is not None and claim.statement not in known:
            hint = did_you_mean(claim.statement, known, otherwise="see: ingress-conformance cases coverage")
            yield Flaw(pointer, f"there is no statement {quoted(claim.statement)}", hint)
        if claim.statement in seen:
            yield Flaw(pointer, f"statement {claim.statement} is claimed twice")
        seen.add(claim.statement)


def _ways(entry: Entry) -> Iterator[Flaw]:
    if entry.process is not None:
        yield from process_flaws(entry.process)
    elif entry.manifests is None:
        yield Flaw((), "it is not said how it runs", "give process, manifests, or both")
    if entry.manifests is not None:
        ways = (entry.manifests.charts or entry.manifests.files, entry.manifests.template)
        if not any(ways):
            yield Flaw(("manifests",), "nothing to install", "give charts, files, or a template")
        elif all(ways):
            yield Flaw(("manifests", "template"), "a template stands alone", "give it in place of charts and files")
