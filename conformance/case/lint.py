"""What a case must satisfy beyond the shape of its file, so that its verdict means something."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator

from conformance.case.file_format import LABEL
from conformance.case.flaw import Flaw
from conformance.case.lint_backends import backend_flaws, places
from conformance.case.lint_certificates import certificate_flaws
from conformance.case.lint_kinds import kind_flaws
from conformance.case.lint_parity import parity_flaws
from conformance.case.lint_probes import probe_flaws
from conformance.case.lint_steps import step_flaws
from conformance.case.matching import Pointer, ingress_specs, items, mapping, name_of, namespace_of, rule_hosts
from conformance.case.model import NO_CLASS, OUR_CLASS, Case, Level
from conformance.case.placement import derived_placement, looser
from conformance.case.problems import did_you_mean
from conformance.case.scenes import scenes
from conformance.case.validity import wrongs

LONGEST_HOST = 253
BESIDE = "beside"
"""The name of the Ingress with the marker that the suite adds to a case whose own must not carry it."""

_STATEMENT = re.compile(r"(N-)?[A-Z][0-9]{2}")


def lint(case: Case, statements: Collection[str] | None = None) -> tuple[Flaw, ...]:
    """Return what is wrong with a case; ``statements`` are the ids that the specification has, if known."""
    checks: tuple[Callable[[Case], Iterable[Flaw]], ...] = (
        _identity,
        _level,
        _placement,
        _objects,
        _hosts,
        _taken,
        backend_flaws,
        parity_flaws,
        certificate_flaws,
        probe_flaws,
        step_flaws,
    )
    found = [flaw for check in checks for flaw in check(case)]
    return (*found, *_statements(case, statements))


def duplicates(cases: Iterable[Case]) -> Iterator[tuple[Case, Flaw]]:
    """Yield each case whose id an earlier one has already, or that has an object named like one of an earlier case.

    The names of a run are made from section, case and object with dashes between them, and all three may hold dashes.
    """
    first: dict[str, Case] = {}
    named: dict[tuple[str, str, str], Case] = {}
    for case in cases:
        earlier = first.setdefault(case.id, case)
        if earlier is not case:
            place = f"it is first at {earlier.where}" if earlier.where else ""
            yield case, Flaw(("id",), f"the id {case.id} is there twice", place)
            continue
        for pointer, kind, space, name in _names_of_a_run(case):
            owner = named.setdefault((kind, space, name), case)
            if owner is not case:
                message = f"in a run, the {kind} {name} would be one of this case and of {owner.id}"
                yield case, Flaw(pointer, message, "name it otherwise")


def _names_of_a_run(case: Case) -> Iterator[tuple[Pointer, str, str, str]]:
    """Yield place, kind, namespace and name of all that the suite makes for a case, as far as names are its choice."""
    for pointer, manifest in places(case):
        kind, name = str(manifest.get("kind")), name_of(manifest)
        reverse = kind in {"Service", "Endpoints"}
        whole = f"{name}-{case.name}-{case.section}" if reverse else f"{case.section}-{case.name}-{name}"
        yield (*pointer, "metadata", "name"), kind, namespace_of(manifest), whole
    for number, backend in enumerate(case.backends):
        yield ("backends", number), "Service", "", f"{backend.name}-{case.name}-{case.section}"
    if case.marker == "beside" or case.steps:
        yield ("id",), "Ingress", "", f"{case.section}-{case.name}-{BESIDE}"


def _identity(case: Case) -> Iterator[Flaw]:
    for half, text in (("section", case.section), ("name", case.name)):
        if not re.fullmatch(LABEL, text):
            hint = "small letters, digits and dashes, at most 40 characters, because host names are made from it"
            yield Flaw(("id",), f"{half} cannot be {text!r}", hint)


def _statements(case: Case, known: Collection[str] | None) -> Iterator[Flaw]:
    for number, statement in enumerate(case.statements):
        pointer = ("statements", number) if len(case.statements) > 1 else ("statements",)
        if not _STATEMENT.fullmatch(statement):
            yield Flaw(
                pointer,
                f"{statement!r} is no statement id",
                "a capital letter and two digits, such as P18, or N-D01 at level parity",
            )
        elif known is not None and statement not in known:
            hint = did_you_mean(statement, known, otherwise="see: ingress-conformance cases coverage")
            yield Flaw(pointer, f"there is no statement {statement}", hint)


def _level(case: Case) -> Iterator[Flaw]:
    if (case.level is Level.API) != bool(case.submissions):
        hint = "submissions are judged at level api, probes at the others"
        yield Flaw(("level",), f"the level {case.level} does not go with what the case sends", hint)
    outcomes = {submission.outcome for submission in case.submissions}
    if "refused" in outcomes and "accepted" not in outcomes:
        hint = "add its accepted twin; without it a server that refuses everything passes"
        yield Flaw(("submissions",), "a refusal is expected, but nothing accepted in the same case", hint)


def _placement(case: Case) -> Iterator[Flaw]:
    derived = derived_placement(case.objects, case.steps)
    if looser(case.placement, derived):
        hint = "leave it out, or give a stricter one"
        yield Flaw(("placement",), f"placement {case.placement} is looser than the objects allow ({derived})", hint)


def _objects(case: Case) -> Iterator[Flaw]:
    yield from kind_flaws(case.objects)
    seen: set[tuple[str, str, str]] = set()
    for index, manifest in enumerate(case.objects):
        kind, name = str(manifest.get("kind")), name_of(manifest)
        identity = (kind, namespace_of(manifest), name)
        if identity in seen:
            yield Flaw(("objects", index, "metadata", "name"), f"two objects are {kind} {name}", "give each its name")
        seen.add(identity)
        if identity == ("Ingress", "", BESIDE) and (case.marker == "beside" or case.steps):
            hint = "the suite puts an Ingress of that name beside those of the case"
            yield Flaw(("objects", index, "metadata", "name"), f"an Ingress cannot be named {BESIDE} here", hint)
    for index, spec in ingress_specs(case.objects):
        if case.marker == "own" and not items(spec.get("rules")):
            hint = "write marker: none; a marker rule would make it another kind of Ingress"
            yield Flaw(("objects", index, "spec"), "an Ingress without rules has no room for a marker", hint)


def _hosts(case: Case) -> Iterator[Flaw]:
    # The longest realm is that of a second judgement on a cluster of the user's own, where it holds the run's id; a run
    # may also repeat each case, and a case may have copies.
    copy = ".copy16" if case.copies > 1 else ""
    ending = f"{copy}.{case.name}-x50.{case.section}.alone.abcdef.test"
    for pointer, host in _all_hosts(case):
        if len(host) + len(ending) > LONGEST_HOST:
            shown = host if len(host) <= 40 else f"{host[:39]}…"
            message = f"the host {shown} has {len(host)} characters, too many: it gets {len(ending)} more in a run"
            yield Flaw(pointer, message, f"a host name ends at {LONGEST_HOST} characters")


def _taken(case: Case) -> Iterator[Flaw]:
    """Yield what an API server would not take. Submissions are left out: some of them are there to be refused."""
    for place, manifest in places(case):
        if manifest.get("kind") != "Ingress":
            continue
        spec = mapping(manifest.get("spec"))
        if spec.get("ingressClassName") in {OUR_CLASS, NO_CLASS}:
            spec = {**spec, "ingressClassName": None}
        for wrong in wrongs(spec):
            # Services get other names in a run, and their ports are looked at with the backends.
            if "service" not in wrong.at:
                yield Flaw((*place, *wrong.at), wrong.briefly, wrong.hint)


def _all_hosts(case: Case) -> Iterator[tuple[Pointer, str]]:
    """Yield every name that is made unique in a run: of rules, of TLS, of certificates, and those that are asked."""
    for place, manifest in places(case):
        for host in rule_hosts([manifest]):
            yield place, host
        for entry in items(mapping(manifest.get("spec")).get("tls")):
            yield from ((place, str(host)) for host in items(mapping(entry).get("hosts")))
        for name in items(mapping(manifest.get("certificate")).get("names")):
            yield (*place, "certificate"), str(name)
    for scene in scenes(case):
        yield from (((*scene.place(number), "host"), probe.host) for number, probe in enumerate(scene.probes))
