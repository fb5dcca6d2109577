"""Ingresses from short texts, and reports of controllers that answer as a test says."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from rich.console import Console

from conformance.case.model import Level
from conformance.judge.words import Reason, Verdict
from conformance.migrate.changes import Pair
from conformance.migrate.documents import Document, documents
from conformance.migrate.found import Found, Origin, Reading
from conformance.migrate.migration import migration_of
from conformance.migrate.model import Migration
from conformance.migrate.objects import ingresses, reading_of
from conformance.migrate.plan import Plan, plan_of
from conformance.migrate.question import Question
from conformance.migrate.scene import Scene
from conformance.migrate.sources import Text
from conformance.migrate.terminal import print_migration
from conformance.report.model import (
    AttemptRecord,
    CaseRecord,
    ClusterRecord,
    ControllerRecord,
    Durations,
    Expected,
    Observed,
    ProbeRecord,
    Report,
    RunRecord,
    SuiteRecord,
    summary_of,
)

NGINX = "nginx.ingress.kubernetes.io/"


@dataclass(frozen=True)
class Reply:
    """What a controller of a test answers: a backend of the case, a Service of its owner, or an outcome: status:404."""

    backend: str = ""
    outcome: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    target: str = ""
    received: tuple[tuple[str, str], ...] = ()
    status: int = 200
    port: int = 8080
    tls: bool = False
    tallies: tuple[dict[str, int], ...] = ()
    copies: tuple[int, ...] = ()


Answering = Callable[[Question], Reply]


def served(question: Question) -> Reply:
    """The first backend of the case answers, whatever is asked."""
    return Reply("a", target=question.target)


def not_found(question: Question) -> Reply:
    """Nothing matches."""
    return Reply(outcome="status:404")


def read_text(text: str, file: str = "mine.yaml") -> Reading:
    """Read what stands in one file."""
    found: list[Any] = []
    for document in documents(Text(file, text)):
        found += ingresses(document) if isinstance(document, Document) else [document]
    return reading_of(found)


def ingress(
    name: str = "one",
    *,
    host: str = "shop.example.com",
    path: str = "/cart",
    path_type: str = "Prefix",
    namespace: str = "shop",
    service: str = "web",
    tls: bool = False,
    **annotations: str,
) -> dict[str, Any]:
    """Return a manifest with one rule; annotations have underscores for dashes and get the usual prefix."""
    backend = {"service": {"name": service, "port": {"number": 80}}}
    spec: dict[str, Any] = {
        "rules": [{"host": host, "http": {"paths": [{"path": path, "pathType": path_type, "backend": backend}]}}]
    }
    if tls:
        spec["tls"] = [{"hosts": [host], "secretName": "cert"}]
    meta = {
        "name": name,
        "namespace": namespace,
        "annotations": {NGINX + key.replace("_", "-"): value for key, value in annotations.items()},
    }
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": meta, "spec": spec}


def of_paths(name: str, *paths: tuple[str, str, str], **more: Any) -> dict[str, Any]:
    """Return a manifest with several paths, each with its type and its Service."""
    made = ingress(name, **more)
    made["spec"]["rules"][0]["http"]["paths"] = [
        {"path": path, "pathType": path_type, "backend": {"service": {"name": service, "port": {"number": 80}}}}
        for path, path_type, service in paths
    ]
    return made


def found(*manifests: dict[str, Any]) -> tuple[Found, ...]:
    """Return manifests as they are read."""
    reading = reading_of(one for m in manifests for one in ingresses(Document(Origin("mine.yaml", 1, 1), m)))
    assert not reading.troubles, reading.troubles
    return reading.ingresses


def plan(*manifests: dict[str, Any]) -> Plan:
    """Return what is asked about manifests."""
    return plan_of(found(*manifests))


def migrated(
    manifests: Sequence[dict[str, Any]],
    old: Answering,
    new: Answering,
    failing: Mapping[str, str] = MappingProxyType({}),
) -> Migration:
    """Return what changes between two controllers that answer so; ``failing`` names the run that could not judge."""
    return migrated_of(found(*manifests), old, new, failing)


def migrated_of(
    ingress_objects: tuple[Found, ...],
    old: Answering,
    new: Answering,
    failing: Mapping[str, str] = MappingProxyType({}),
) -> Migration:
    """Return the same for Ingresses as they were read."""
    made = plan_of(ingress_objects)
    reports = [report("before", made, old, failing.get("old", "")), report("after", made, new, failing.get("new", ""))]
    return migration_of(Reading(ingress_objects), made, Pair(*reports))


def report(name: str, made: Plan, answering: Answering, failing: str = "") -> Report:
    """Return the report of a controller that answers so."""
    cases = tuple(
        CaseRecord(
            id=scene.case.id,
            statements=(),
            level=Level.OBSERVED,
            title="",
            spec_url="",
            placement="own",
            judged_alone=True,
            verdict=Verdict.FAIL if failing else Verdict.PASS,
            reason=Reason(failing) if failing else None,
            detail="",
            seconds=1.0,
            objects=(),
            probes=tuple(
                _probe(probe_id, _standing_in(scene, answering(question)))
                for probe_id, question in scene.questions.items()
            ),
        )
        for asked in made.asked
        for scene in asked.scenes
    )
    return Report(
        suite=SuiteRecord(version="1", cases_digest="sha256:0"),
        controller=ControllerRecord(
            name=name, version="1.0", project="p", url="", arguments=(), ingress_class="c", address="10.9.9.9"
        ),
        cluster=ClusterRecord(provider="local", kubernetes_version="v1.37.2"),
        run=RunRecord(started="2026-01-01T00:00:00+00:00", finished="", complete=True, durations=Durations()),
        summary=summary_of(cases),
        cases=cases,
    )


def _standing_in(scene: Scene, reply: Reply) -> Reply:
    """Return the reply with the backend of the case in place of a Service of the owner's."""
    who = {service: symbol for symbol, names in scene.stands_for.items() for service in names.split(" or ")}
    return replace(reply, backend=who.get(reply.backend, reply.backend))


def _probe(probe_id: str, reply: Reply) -> ProbeRecord:
    account: dict[str, Any] = {"target": reply.target, "port": reply.port}
    account |= {"headers": [list(pair) for pair in reply.received], "tls": {"alpn": None} if reply.tls else None}
    observed = Observed(
        outcome=reply.outcome or reply.backend,
        status=reply.status,
        backend=reply.backend or None,
        headers=reply.headers,
        received=account if reply.backend else None,
    )
    answered: list[dict[str, Any] | None] = [
        *({"by": reply.backend, "headers": [], "tally": tally} for tally in reply.tallies),
        *({"by": reply.backend, "headers": [], "tally": {}, "arrived": {"d": number}} for number in reply.copies),
    ]
    attempts = tuple(
        AttemptRecord(at=1.0, seconds=0.01, outcome=observed.outcome, counted=True, answered=one)
        for one in answered or [None] * 3
    )
    return ProbeRecord(
        id=probe_id,
        expected=Expected(outcome="record"),
        observed=observed,
        verdict=Verdict.PASS,
        reason=None,
        detail="",
        attempts=attempts,
        curl="",
    )


def guarding(refusal: str, *families: str) -> Callable[[Question], Reply]:
    """A controller that keeps its guards; of several requests it lets the first through."""

    def answer(question: Question) -> Reply:
        refused = question.guards and (not families or question.family in families)
        if refused and question.number > 1:
            return Reply("a", refusal, tallies=({"a": 1, refusal: question.number - 1},) * 3)
        return Reply(outcome=refusal) if refused else served(question)

    return answer


def shown(migration: Migration) -> str:
    """What the terminal shows of a migration."""
    text = io.StringIO()
    print_migration(migration, Console(width=200, file=text))
    return text.getvalue()
