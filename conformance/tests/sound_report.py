"""A report that agrees with itself, as a real run would leave it, and the events that amount to it."""

from typing import Any

from conformance.case.model import Level
from conformance.judge.words import Reason, Verdict
from conformance.report.events import Event
from conformance.report.fold import report_of
from conformance.report.model import (
    AttemptRecord,
    CaseRecord,
    Expected,
    MeasurementRecord,
    Observed,
    ProbeRecord,
    Report,
    StepRecord,
)
from conformance.tests.reports import case_record, events_of, probe_record

HOST = "foo.com.right.s.test"
ACCOUNT: dict[str, Any] = {"method": "GET", "target": "/x", "port": 8080, "headers": [["Host", HOST]]}
LOOKED_AT: dict[str, Any] = {"target": "/x", "headers": [["Host", HOST]]}
STEP = StepRecord(number=1, title="A rule goes", actions=("delete Ingress main",), at=3.0, live_after=0.1)
TRAFFIC = MeasurementRecord(name="requests during step 1", unit="requests", count=50, failed=2)


def attempts(*outcomes: str, counted: bool = True, second_look: bool = True) -> tuple[AttemptRecord, ...]:
    """Attempts one after another; the last one is the second look, unless there is none."""
    last = len(outcomes) - 1
    return tuple(
        AttemptRecord(
            at=2.0 + number / 10,
            seconds=0.001,
            outcome=outcome,
            counted=counted,
            second_look=second_look and number == last,
        )
        for number, outcome in enumerate(outcomes)
    )


def probe(identifier: str, wanted: str, *outcomes: str, reason: Reason | None = None, **more: Any) -> ProbeRecord:
    """A probe that saw these outcomes."""
    backend = outcomes[-1] if len(outcomes[-1]) == 1 else None
    fields: dict[str, Any] = {
        "id": identifier,
        "expected": Expected(outcome=wanted),
        "observed": Observed(outcome=outcomes[-1], backend=backend),
        "reason": reason,
        "attempts": attempts(*outcomes),
    }
    return probe_record(Verdict.FAIL if reason else Verdict.PASS, **{**fields, **more})


def case(identifier: str, *probes: ProbeRecord, reason: Reason | None = None, **more: Any) -> CaseRecord:
    """A case with these probes; one that fails says that no claim covers it."""
    verdict = Verdict.FAIL if reason else Verdict.PASS
    fields: dict[str, Any] = {"probes": probes, "reason": reason}
    if reason and more.get("level") is not Level.API:
        fields["contradiction"] = "the case fails, and no claim says that it is unsupported"
    return case_record(identifier, more.pop("verdict", verdict), **{**fields, **more})


def cases() -> tuple[CaseRecord, ...]:
    """Cases of every sort, whose verdicts follow from their attempts."""
    received = {"target": "/x", "host": "foo.com"}
    right = probe(
        *("GET /x", "a", "a", "a", "a", "a"),
        expected=Expected(outcome="a", received=received),
        observed=Observed(outcome="a", backend="a", received=ACCOUNT),
        attempts=tuple(one.model_copy(update={"received": LOOKED_AT}) for one in attempts(*["a"] * 5)),
    )
    refused = Observed(outcome="refused:422", status=422, detail="spec.rules[0].host: Invalid value")
    return (
        case("s/right", right, probe("GET /y", "no match", *["status:404"] * 4)),
        case("s/wrong", probe("GET /", "a", *["status:404"] * 4, reason=Reason.NO_MATCH), reason=Reason.NO_MATCH),
        case(
            "s/open",
            probe("GET /", "no match", *["b"] * 4, reason=Reason.UNEXPECTED_MATCH),
            reason=Reason.UNEXPECTED_MATCH,
        ),
        case("s/late", probe("GET /", "a", "b", "a", "a", reason=Reason.UNSTABLE), reason=Reason.UNSTABLE),
        case("s/shaky", probe("GET /", "a", "a", "a", "a", "b", reason=Reason.UNSTABLE), reason=Reason.UNSTABLE),
        case(
            "s/claimed",
            probe("GET /", "a", *["status:404"] * 4, reason=Reason.NO_MATCH),
            verdict=Verdict.UNSUPPORTED,
            reason=Reason.NO_MATCH,
            contradiction="",
            detail="declared unsupported (P01): why; seen: GET /: 404 came in place of backend a",
        ),
        case("s/recorded", probe("GET /", "record", *["redirect:301:https://x.test/"] * 4), level=Level.OBSERVED),
        case(
            "s/varies",
            probe("GET /", "record", "a", "b", "a", "b", observed=Observed(outcome="varies:a,b", backend="b")),
            level=Level.OBSERVED,
        ),
        case(
            "s/steps",
            probe("GET /", "a", *["a"] * 4),
            probe(
                *("step 1: GET /", "no match", *["a"] * 4),
                reason=Reason.NOT_REMOVED,
                step=1,
            ),
            probe("step 1: traffic GET /", "a", "a", "reset", "a", reason=Reason.NO_ANSWER, step=1),
            reason=Reason.NOT_REMOVED,
            steps=(STEP,),
            measurements=(TRAFFIC,),
        ),
        case(
            "s/offered",
            probe(
                *("host", "refused", *["refused:422"] * 3),
                expected=Expected(outcome="refused", more={"field": "spec.rules[0].host"}),
                observed=refused,
                attempts=attempts(*["refused:422"] * 3, second_look=False),
            ),
            level=Level.API,
        ),
        case("s/crashed", probe("GET /", "a", *["a"] * 4), reason=Reason.CONTROLLER_CRASHED),
    )


def events() -> list[Event]:
    """The events of the run."""
    return events_of(*cases())


def sound() -> Report:
    """The report that they amount to."""
    return report_of(events())
