"""From a group of Ingresses and the questions about it to cases that the engine can carry out. Pure.

A case holds the Ingresses as they are, but for what only the owner's cluster has: the class becomes that under test,
each Service an echo backend of that name with those ports, each Secret one of the suite's own of that name. What was
built for others than the controller is left out. Nothing is expected: outcomes are recorded.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.case.model import RECORD, Case, Expectation, Level, Manifest, Probe
from conformance.migrate.annotations import known_annotations
from conformance.migrate.found import CLASS_ANNOTATION, Found
from conformance.migrate.grouping import Group
from conformance.migrate.question import LeftOut, Question
from conformance.migrate.stand_ins import Cast, cast_of, most_in_one_namespace
from conformance.migrate.values import applied_annotations
from conformance.plan.hosts import ALONE_REALM, REALM

SECTION = "mine"
LONGEST_HOST = 253
_ROOM = 60
"""What a host may get appended in a run."""


@dataclass(frozen=True)
class Scene:
    """A case, the questions that its probes ask, by their ids, and what its backends stand for (outcome → Service)."""

    case: Case
    questions: Mapping[str, Question]
    stands_for: Mapping[str, str]


def scenes(group: Group, questions: Sequence[Question], number: int) -> Iterator[Scene]:
    """Yield the cases of a group: one as it is, and one for each guard that would hide everything else."""
    by_variant: dict[str, list[Question]] = {}
    for question in questions:
        by_variant.setdefault(question.variant, []).append(question)
    for variant, asked in by_variant.items():
        yield _scene(group, asked, f"g{number:04}{f'-{variant}' if variant else ''}", variant)


def too_long(group: Group) -> str:
    """Return a host of the group that leaves no room for what makes it unique in a run; empty if there is none."""
    return next((host for host in group.hosts if len(host) + _ROOM > LONGEST_HOST), "")


def _scene(group: Group, questions: Sequence[Question], name: str, variant: str) -> Scene:
    named = {f"{n} {_shown(question)}": question for n, question in enumerate(questions, start=1)}
    bare = Case(
        id=f"{SECTION}/{name}",
        statements=(),
        level=Level.OBSERVED,
        title=", ".join(found.label for found in group.ingresses)[:300],
        spec_url="",
        objects=(),
        probes=tuple(_probe(probe_id, question) for probe_id, question in named.items()),
        placement="alone" if group.catches_all else "own",
        marker="beside",
    )
    cast = cast_of(group, bare)
    ingresses = tuple(_ingress(found, cast, bare, variant) for found in group.ingresses)
    case = bare.model_copy(update={"objects": (*cast.objects, *ingresses), "backends": cast.backends})
    return Scene(case, named, cast.stands_for)


def _shown(question: Question) -> str:
    return f"{question.kind} {question.method} {question.scheme}://{question.host}{question.target}"[:240]


def _probe(probe_id: str, question: Question) -> Probe:
    rest: dict[str, Any] = {"scheme": question.scheme}
    return Probe(
        id=probe_id,
        method=question.method,
        host=question.host,
        target=question.target,
        headers=question.headers,
        body="x" * question.body_bytes if question.body_bytes else None,
        expect=Expectation(outcome=RECORD, arrived={question.copies: 1} if question.copies else {}),
        on_one_connection=question.requests,
        client=question.client,
        times=question.times,
        together=question.together,
        **rest,
    )


def _ingress(found: Found, cast: Cast, case: Case, variant: str) -> Manifest:
    spec = {key: value for key, value in found.spec.items() if key in {"rules", "tls", "defaultBackend"}}
    annotations = applied_annotations(found, cast, variant, _endings(case))
    meta: dict[str, object] = {"name": cast.names[found.label]}
    if cast.namespaces[found.namespace]:
        meta["namespace"] = cast.namespaces[found.namespace]
    if annotations:
        meta["annotations"] = annotations
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": meta,
        "spec": cast.renamed(found, spec),
    }


def _endings(case: Case) -> tuple[str, str]:
    ending = f".{case.name}.{case.section}"
    return f"{ending}.{REALM}", f"{ending}.{ALONE_REALM}"


def unknown_annotations(ingresses: Iterable[Found]) -> dict[str, list[str]]:
    """Return the annotations that the suite knows nothing of, each with the Ingresses that have it."""
    known = known_annotations()
    found: dict[str, list[str]] = {}
    for ingress in ingresses:
        for annotation in ingress.annotations:
            plain = annotation == CLASS_ANNOTATION or known.for_others(annotation)
            if not plain and not known.family(annotation):
                found.setdefault(annotation, []).append(ingress.label)
    return dict(sorted(found.items()))


def notes_for_others(ingresses: Iterable[Found]) -> Iterator[LeftOut]:
    """Yield the annotations that others than the controller read: they are not applied, so nothing is said of them."""
    known = known_annotations()
    for found in ingresses:
        for annotation in found.annotations:
            who = known.for_others(annotation)
            if who and annotation != CLASS_ANNOTATION:
                shown = f"{who}…" if who.endswith("/") else who
                yield LeftOut("for-others", f"not asked about, and not applied: {shown}", found.label)


def stand_in_notes(group: Group) -> Iterator[LeftOut]:
    """Yield what the stand-ins of a group cannot tell apart, or do not stand in for."""
    spaces = group.namespaces
    if len(spaces) > 2:
        why = f"{len(spaces)} namespaces share hosts; all but the first are one namespace here"
        yield LeftOut("namespaces", why, group.ingresses[0].label)
    for found in group.ingresses:
        for key, value in found.annotations.items():
            family = known_annotations().families.get(known_annotations().family(key))
            kind = family.names.get(known_annotations().short(key)) if family else None
            space, slash, _ = value.partition("/")
            if kind not in {None, "hosts"} and slash and space != found.namespace:
                why = f"{key} names an object of another namespace, for which nothing stands in"
                yield LeftOut("other-namespace", why, found.label)
    services = most_in_one_namespace(group)
    if services > Cast.most_services():
        why = f"{services} Services, of which some share a stand-in: a mix-up of these would not be seen"
        yield LeftOut("services", why, group.ingresses[0].label)
