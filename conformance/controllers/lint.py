"""What an entry must satisfy beyond the shape of its file, so that it can run."""

import re
from collections.abc import Collection, Iterator

from conformance.case.flaw import Flaw
from conformance.case.problems import did_you_mean, either, quoted
from conformance.controllers.entry import NAME, Entry
from conformance.controllers.installation import IMAGE, WORKLOADS, Installation
from conformance.controllers.lint_places import process_flaws
from conformance.controllers.lint_texts import text_flaws


def lint(
    entry: Entry, statements: Collection[str] | None = None, cases: Collection[str] | None = None
) -> tuple[Flaw, ...]:
    """Return what is wrong with an entry; ``statements`` and ``cases`` are the ids that there are, if known."""
    found = (_names(entry), _claims(entry, statements), _claimed_cases(entry, cases), _ways(entry), text_flaws(entry))
    return tuple(flaw for flaws in found for flaw in flaws)


def _names(entry: Entry) -> Iterator[Flaw]:
    for pointer, name in ((("name",), entry.name), (("class", "name"), entry.ingress_class.name)):
        if not re.fullmatch(NAME, name):
            hint = "small letters, digits and dashes, at most 40 characters"
            yield Flaw(pointer, f"name cannot be {quoted(name)}", hint)


def _claims(entry: Entry, known: Collection[str] | None) -> Iterator[Flaw]:
    seen: set[str] = set()
    for number, claim in enumerate(entry.claims):
        if not claim.statement and not claim.case:
            yield Flaw(("claims", number), "it is not said what is unsupported", "give a statement, a case, or both")
        for position, statement in enumerate(claim.statement):
            if known is not None and statement not in known:
                hint = did_you_mean(statement, known, otherwise="see: ingress-conformance cases coverage")
                yield Flaw(_claimed(number, "statement", position), f"there is no statement {quoted(statement)}", hint)
        for kind, names in (("statement", claim.statement), ("case", claim.case)):
            for position, name in enumerate(names):
                if name in seen:
                    yield Flaw(_claimed(number, kind, position), f"{kind} {name} is claimed twice")
                seen.add(name)


def _claimed_cases(entry: Entry, known: Collection[str] | None) -> Iterator[Flaw]:
    for number, claim in enumerate(entry.claims):
        for position, case in enumerate(claim.case):
            place = _claimed(number, "case", position)
            if not re.fullmatch(r"[^/\s]+/[^/\s]+", case):
                hint = "write its section and its name, such as hosts/no-host"
                yield Flaw(place, f"a case cannot be called {quoted(case)}", hint)
            elif known is not None and case not in known:
                own = "if it is one of your own, name its file with --cases"
                hint = f"{did_you_mean(case, known)} {own}".lstrip()
                yield Flaw(place, f"there is no case {quoted(case)}", hint)


def _claimed(number: int, kind: str, position: int) -> tuple[str | int, ...]:
    return "claims", number, kind, position


def _ways(entry: Entry) -> Iterator[Flaw]:
    if entry.process is not None:
        yield from process_flaws(entry.process)
    elif entry.manifests is None:
        yield Flaw((), "it is not said how it runs", "give process, manifests, or both")
    if entry.manifests is not None:
        yield from _installation(entry.manifests)


def _installation(manifests: Installation) -> Iterator[Flaw]:
    ways = (manifests.charts or manifests.files, manifests.template)
    if not any(ways):
        yield Flaw(("manifests",), "nothing to install", "give charts, files, or a template")
    elif all(ways):
        yield Flaw(("manifests", "template"), "a template stands alone", "give it in place of charts and files")
    if not re.fullmatch(rf"({'|'.join(WORKLOADS)})/[^/\s]+", manifests.ready):
        hint = f"write KIND/NAME, such as deployment/traefik; the kind is {either(WORKLOADS)}"
        yield Flaw(("manifests", "ready"), f"{quoted(manifests.ready)} names no workload", hint)
    for number, image in enumerate(manifests.images):
        if not re.fullmatch(IMAGE, image):
            hint = "registry, name and tag, such as docker.io/library/traefik:v3.7.15; @sha256:… where it is known"
            yield Flaw(("manifests", "images", number), f"an image cannot be called {quoted(image)}", hint)
