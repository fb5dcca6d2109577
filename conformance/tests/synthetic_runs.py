"""Made-up runs of the size and shape of real ones, for what must hold of large sites. Nothing in them is a result.

The numbers (probes a case, attempts a probe, headers, lengths of names) are those of real reports of Traefik and the
reference controller.
"""

import random
from collections.abc import Iterator, Sequence
from typing import Any

from conformance.case.model import Level
from conformance.judge.words import Reason, Verdict
from conformance.report.model import (
    AttemptRecord,
    CaseRecord,
    CertificateRecord,
    ClusterRecord,
    ControllerRecord,
    Durations,
    Expected,
    Finding,
    MarkerRecord,
    MeasurementRecord,
    ObjectRecord,
    Observed,
    ProbeRecord,
    Report,
    RunRecord,
    StepRecord,
    SuiteRecord,
    summary_of,
)
from conformance.report.seal import sealed

SECTIONS = ("path-types", "hosts", "backends", "tls", "classes", "lifecycle", "proxying", "status")
NAMES = (
    "caddy", "contour", "emissary", "haproxy", "kong", "nginx-inc", "skipper", "traefik", "traefik-strict", "voyager",
)  # fmt: skip
SAYS = "Of requests of kind {} each goes where its rule says"
PAGE = "https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-rules"
REASONS = (Reason.WRONG_BACKEND, Reason.NO_MATCH, Reason.UNEXPECTED_MATCH, Reason.WRONG_STATUS, Reason.UNSTABLE)


def runs(controllers: int = 10, cases: int = 250) -> Iterator[Report]:
    """Yield a report for each controller; the same numbers give the same reports."""
    for place in range(controllers):
        name = NAMES[place] if place < len(NAMES) else f"controller-{place}"
        yield run(name, f"{place % 4 + 1}.{place}.{place % 7}", cases)


def run(name: str, version: str, cases: int) -> Report:
    """The report of one controller; most cases pass, and those that fail differ from controller to controller."""
    luck = random.Random(f"{name} {version}")
    records = tuple(_case(number, name, luck) for number in range(cases))
    return sealed(
        Report(
            suite=SuiteRecord(version="0.1.0", cases_digest="sha256:" + "0" * 64, options={"isolate": False}),
            controller=ControllerRecord(
                name=name,
                version=version,
                project=f"The {name} project",
                url=f"https://example.test/{name}",
                arguments=(name, *(f"--option.number-{n}=value" for n in range(12))),
                ingress_class=name,
                address="10.100.1.1" if len(name) % 5 else "172.18.0.2",
            ),
            cluster=ClusterRecord(provider="local", kubernetes_version="v1.37.2"),
            run=RunRecord(
                started="2026-01-01T00:00:00+00:00",
                finished="2026-01-01T00:00:30+00:00",
                complete=True,
                durations=Durations(cluster=2.5, controller=1.5, apply=12.0, observe=20.0, total=30.0),
            ),
            summary=summary_of(records),
            cases=records,
        )
    )


def _case(number: int, controller: str, luck: random.Random) -> CaseRecord:
    about = random.Random(number)
    section = SECTIONS[number * len(SECTIONS) // 250 % len(SECTIONS)]
    name = f"{about.choice(('exact', 'prefix', 'wildcard', 'default'))}-of-some-kind-{number}"
    level = about.choices((Level.CORE, Level.EXTENDED, Level.OBSERVED), (10, 5, 3))[0]
    verdict = Verdict.PASS
    if level is not Level.OBSERVED:
        verdict = luck.choices(
            (Verdict.PASS, Verdict.FAIL, Verdict.UNSUPPORTED, Verdict.SKIPPED, Verdict.ERROR), (78, 18, 2, 1, 1)
        )[0]
    count = min(14, max(2, round(about.expovariate(1 / 3.8)) + 2))
    bad = verdict in {Verdict.FAIL, Verdict.UNSUPPORTED}
    reason = luck.choice(REASONS) if bad else Reason.HARNESS if verdict is Verdict.ERROR else None
    realm = f"{name}.{section}.{'alone.' if bad else ''}test"
    probes = tuple(
        _probe(place, realm, level, reason if bad and place >= count - 1 - place % 2 else None, luck, controller)
        for place in range(count)
    )
    return CaseRecord(
        id=f"{section}/{name}",
        statements=(f"{section[0].upper()}{number % 30:02d}",),
        level=level,
        title=SAYS.format(number),
        spec_url=PAGE,
        placement="packed",
        judged_alone=bad,
        verdict=verdict,
        reason=reason,
        detail=f"GET /foo/{count - 1}: another backend answered than the rules say" if bad else "",
        contradiction="the case fails, and no claim says that it is unsupported" if verdict is Verdict.FAIL else "",
        seconds=round(luck.uniform(0.8, 5), 3),
        objects=(_ingress(realm, number, luck),),
        probes=() if verdict in {Verdict.SKIPPED, Verdict.ERROR} else probes,
        steps=_steps(luck) if section == "lifecycle" else (),
        measurements=_measurements(luck) if section == "lifecycle" else (),
        findings=(Finding(kind="interference", detail="alone it passed"),) if luck.random() < 0.01 else (),
    )


def _ingress(realm: str, number: int, luck: random.Random) -> ObjectRecord:
    backend = {"service": {"name": "a", "port": {"number": 80}}}
    paths = [{"path": f"/foo/{n}", "pathType": "Prefix", "backend": backend} for n in range(number % 3 + 1)]
    marker = f"r1.packed-{number}.marker.test"
    rules = [
        {"host": f"foo.com.{realm}", "http": {"paths": paths}},
        {"host": marker, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}},
    ]
    manifest = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": f"packed-{number}", "namespace": f"conformance-{luck.randrange(16**6):06x}"},
        "spec": {"rules": rules, "ingressClassName": "some-class"},
    }
    live = MarkerRecord(host=marker, live_after=round(luck.uniform(0.02, 2), 3), looks=9, last_outcome="marker")
    return ObjectRecord(manifest=manifest, marker=live)


def _probe(
    place: int, realm: str, level: Level, reason: Reason | None, luck: random.Random, controller: str
) -> ProbeRecord:
    expected = "record" if level is Level.OBSERVED else ("no match" if place % 3 == 2 else "a")
    seen = ("status:404", "a", "b")[place % 3] if level is Level.OBSERVED else expected
    if level is Level.OBSERVED and luck.random() < 0.12:
        seen = luck.choice(("a", "b", "status:404", "status:503"))
    seen = {"no match": "status:404", "record": "a"}.get(seen, seen)
    if reason is not None:
        seen = {"a": "status:404", "status:404": "b"}.get(seen, "b")
    host, target = f"foo.com.{realm}", f"/foo/{place}"
    secure = "tls" in realm
    return ProbeRecord(
        id=f"GET {target}",
        expected=Expected(outcome=expected),
        observed=_observed(seen, host, target, luck, controller, secure),
        verdict=Verdict.FAIL if reason else Verdict.PASS,
        reason=reason,
        detail=f"{seen} came in place of {expected}" if reason else "",
        attempts=tuple(_attempts(seen, reason, luck)),
        curl=f"curl -sS -i --max-time 5 -H 'Host: {host}' http://10.100.1.1:80{target}",
    )


def _attempts(seen: str, reason: Reason | None, luck: random.Random) -> Iterator[AttemptRecord]:
    at = luck.uniform(2, 20)
    early = [] if luck.random() < 0.95 else ["status:404"] * luck.randrange(1, 4)
    for outcome in [*early, *[seen] * (luck.randrange(7, 14) if reason else 3)]:
        yield AttemptRecord(
            at=round(at, 3), seconds=round(luck.uniform(0.001, 0.06), 4), outcome=outcome, counted=outcome == seen
        )
        at += luck.uniform(0.05, 0.9)
    yield AttemptRecord(
        at=round(at + luck.uniform(1, 8), 3), seconds=0.004, outcome=seen, counted=True, second_look=True
    )


def _observed(seen: str, host: str, target: str, luck: random.Random, controller: str, secure: bool) -> Observed:
    answered = [("Date", f"Thu, 01 Jan 2026 00:00:{luck.randrange(60):02d} GMT"), ("Server", controller)]
    shown = _certificate(host, controller) if secure else None
    protocol = "TLSv1.3 http/1.1" if secure else ""
    if seen.startswith("status:"):
        body = f"<html><title>404</title>{controller} says not found</html>"
        status = int(seen.removeprefix("status:"))
        return Observed(
            outcome=seen, status=status, headers=tuple(answered), body=body, certificate=shown, protocol=protocol
        )
    pod = f"{seen}-657d949759-dj6n4"
    headers = [
        ["Host", host],
        ["User-Agent", "ingress-conformance"],
        ["X-Conformance-Probe", f"{luck.randrange(16**8):08x}-{luck.randrange(9999)}"],
        ["X-Forwarded-For", f"10.100.1.{luck.randrange(3, 9)}"],
        ["X-Forwarded-Host", host],
        ["X-Request-Id", f"{luck.randrange(16**32):032x}"],
        [f"X-{controller.title()}", "something"],
    ]
    if luck.random() < 0.03:
        headers.append(["X-Odd", "only sometimes"])
    received: dict[str, Any] = {"method": "GET", "target": target, "version": "HTTP/1.1", "port": 8080}
    received |= {"backend": seen, "pod": pod, "headers": headers, "body": {"length": 0, "sha256": "e3b0c442"}}
    answered.append(("Content-Length", str(600 + luck.randrange(80))))
    return Observed(
        outcome=seen,
        status=200,
        backend=seen,
        pod=pod,
        headers=tuple(answered),
        received=received,
        certificate=shown,
        protocol=protocol,
    )


def _certificate(host: str, controller: str) -> CertificateRecord:
    return CertificateRecord(
        names=(host,),
        issuer="CN=ingress-conformance",
        sha256=f"{random.Random(controller).randrange(16**64):064x}",
        not_before="2026-01-01T00:00:00+00:00",
        not_after="2027-01-01T00:00:00+00:00",
        key="ECDSA P-256",
        secret="web",
    )


def _steps(luck: random.Random) -> tuple[StepRecord, ...]:
    manifest = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "main"}, "spec": {}}
    after = round(luck.uniform(0.1, 3), 3)
    return (
        StepRecord(
            number=1, title="A path is added", actions=("update Ingress main",), manifests=(manifest,), at=4.0,
            live_after=after,
        ),
    )  # fmt: skip


def _measurements(luck: random.Random) -> tuple[MeasurementRecord, ...]:
    samples = tuple(round(luck.lognormvariate(-1, 0.6), 3) for _ in range(20))
    ordered: Sequence[float] = sorted(samples)
    times = MeasurementRecord(
        name="create to effect", unit="seconds", count=20, p50=ordered[9], p95=ordered[18], max=ordered[19],
        samples=samples,
    )  # fmt: skip
    failed = luck.choice((0, 0, 0, 3, 12))
    requests = MeasurementRecord(
        name="requests during step 1", unit="requests", count=400, failed=failed,
        failures={"status:503": failed} if failed else {},
    )  # fmt: skip
    return times, requests
