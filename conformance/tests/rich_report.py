"""Reports with something of everything, and a controller that answers with what is dangerous to show."""

from typing import Any

from conformance.case.model import Level
from conformance.judge.words import Reason, Verdict
from conformance.report.model import (
    AttemptRecord,
    CaseRecord,
    CertificateRecord,
    Expected,
    Finding,
    MeasurementRecord,
    Observed,
    Report,
    StepRecord,
)
from conformance.report.seal import sealed
from conformance.tests.reports import case_record, probe_record, report

HOSTILE = (
    "</code><script>alert(1)</script>]]>&amp; | @all #1 ![x](http://x.test) ``` "
    "\x1b[31m\u202e\x00\ufffe =1+1 \"'\\ {}\n- x"
)
"""What a controller may put into a header or a body: it must be shown, and do nothing."""

SEEN = AttemptRecord(at=2.5, seconds=0.001, outcome="a", counted=True)
CERTIFICATE = CertificateRecord(
    names=("foo.test",),
    issuer="CN=test",
    sha256="ab" * 32,
    not_before="2026-01-01T00:00:00+00:00",
    not_after="2027-01-01T00:00:00+00:00",
    key="ECDSA P-256",
)
TIMES = MeasurementRecord(
    name="create to effect", unit="seconds", count=3, p50=0.1, p95=0.2, max=0.25, samples=(0.1, 0.2, 0.25)
)
REQUESTS = MeasurementRecord(
    name="requests during step 1", unit="requests", count=200, failed=2, failures={"status:503": 2}
)
STEP = StepRecord(
    number=1, title="A rule is added", actions=("update Ingress main",), manifests=({"kind": "Ingress"},), at=2.0
)


def passing(**changes: Any) -> Any:
    """A probe that saw what it expected."""
    fields: dict[str, Any] = {
        "expected": Expected(outcome="a", received={"target": "/"}),
        "observed": Observed(outcome="a", status=200, backend="a", pod="a-1", received={"target": "/"}),
        "attempts": (SEEN, SEEN, SEEN.model_copy(update={"second_look": True})),
    }
    return probe_record(Verdict.PASS, **{**fields, **changes})


def every_verdict() -> tuple[CaseRecord, ...]:
    """Cases of every level and verdict."""
    hostile = probe_record(
        Verdict.FAIL,
        id=f"GET /{HOSTILE}",
        observed=Observed(
            outcome=f"redirect:301:{HOSTILE}", status=301, headers=(("Location", HOSTILE),), body=HOSTILE
        ),
        detail=HOSTILE,
        curl=f"curl {HOSTILE}",
    )
    poison = Finding(kind="poison", detail=f"an older Ingress is no longer served {HOSTILE}")
    recorded = passing(expected=Expected(outcome="record"))
    return (
        case_record("hosts/right", probes=(passing(),), steps=(STEP,), measurements=(TIMES, REQUESTS)),
        case_record("hosts/wrong", Verdict.FAIL, findings=(poison,), contradiction="no claim says so"),
        case_record("hosts/hostile", Verdict.FAIL, title=HOSTILE, detail=HOSTILE, probes=(passing(), hostile)),
        case_record("paths/claimed", Verdict.UNSUPPORTED, detail="declared unsupported (P01): =why; seen: 404"),
        case_record("paths/skipped", Verdict.SKIPPED, probes=()),
        case_record("tls/broken", Verdict.ERROR, reason=Reason.HARNESS, detail="refused by the API server", probes=()),
        case_record("tls/good", level=Level.EXTENDED, statements=("T01", "T02"), probes=(passing(),)),
        case_record("tls/bad", Verdict.FAIL, level=Level.EXTENDED, statements=("T02",)),
        case_record("tls/claimed", Verdict.UNSUPPORTED, level=Level.EXTENDED, statements=("T03",)),
        case_record("paths/open", level=Level.OBSERVED, probes=(recorded,)),
        case_record("api/refused", level=Level.API, probes=(passing(),)),
    )


def rich(*, complete: bool = True, controller: str = "demo") -> Report:
    """A report of all of them."""
    return named(report(*every_verdict(), complete=complete), controller)


def perfect(*, complete: bool = True, controller: str = "demo") -> Report:
    """A report in which everything passes."""
    cases = (
        case_record("hosts/one", probes=(passing(),)),
        case_record("hosts/two", probes=(passing(),)),
        case_record("hosts/more", level=Level.EXTENDED, probes=(passing(),)),
        case_record("hosts/open", level=Level.OBSERVED, probes=(passing(expected=Expected(outcome="record")),)),
    )
    return named(report(*cases, complete=complete), controller)


def named(made: Report, controller: str) -> Report:
    """The report of another controller."""
    return sealed(made.model_copy(update={"controller": made.controller.model_copy(update={"name": controller})}))
