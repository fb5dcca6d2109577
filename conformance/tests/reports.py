"""Small reports, and the events that amount to them."""

from typing import Any

from conformance.case.model import Level
from conformance.judge.words import Reason, Verdict
from conformance.report.events import Event
from conformance.report.fold import report_of
from conformance.report.model import (
    AttemptRecord,
    CaseRecord,
    Expected,
    MarkerRecord,
    ObjectRecord,
    Observed,
    ProbeRecord,
    Report,
)

CURL = "curl -sS -i --max-time 5 -H 'Host: foo.com.row.s.test' http://10.0.0.9:80/" + "long" * 60


def probe_record(verdict: Verdict = Verdict.PASS, **changes: Any) -> ProbeRecord:
    """A probe that saw 404 three times."""
    seen = AttemptRecord(at=1.0, seconds=0.001, outcome="status:404", counted=True)
    fields: dict[str, Any] = {
        "id": "GET /",
        "expected": Expected(outcome="a"),
        "observed": Observed(outcome="status:404", status=404, body="no", received=None),
        "verdict": verdict,
        "reason": Reason.NO_MATCH if verdict is Verdict.FAIL else None,
        "detail": "",
        "attempts": (seen, seen, seen),
        "curl": CURL,
    }
    return ProbeRecord(**{**fields, **changes})


def case_record(
    identifier: str, verdict: Verdict = Verdict.PASS, level: Level = Level.CORE, **changes: Any
) -> CaseRecord:
    """A case with one object and one probe."""
    marker = MarkerRecord(host="r1.web.marker.test", live_after=0.1, looks=2, last_outcome="marker")
    fields: dict[str, Any] = {
        "id": identifier,
        "statements": ("P01",),
        "level": level,
        "title": "A case for the test of reports",
        "spec_url": "https://example.test/#spec",
        "placement": "packed",
        "judged_alone": False,
        "verdict": verdict,
        "reason": Reason.NO_MATCH if verdict in {Verdict.FAIL, Verdict.UNSUPPORTED} else None,
        "detail": "GET /: 404 came in place of backend a" if verdict is Verdict.FAIL else "",
        "seconds": 0.5,
        "objects": (ObjectRecord(manifest={"kind": "Ingress"}, marker=marker),),
        "probes": (probe_record(verdict),),
    }
    return CaseRecord(**{**fields, **changes})


def events_of(*cases: CaseRecord, complete: bool = True, selected: tuple[str, ...] | None = None) -> list[Event]:
    """The events of a run that judged these cases."""
    controller: dict[str, Any] = {
        "name": "demo",
        "version": "1.0",
        "project": "Demo",
        "url": "https://example.test",
        "arguments": ["-v"],
    }
    controller |= {"ingressClass": "demo", "address": "10.0.0.9"}
    controller |= {"programs": [{"name": "proxy", "source": "wheel demo-proxy", "version": "2.1"}]}
    spent = {"cluster": 1.0, "controller": 2.0, "apply": 0.1, "observe": 3.0, "total": 6.5}
    ids = [case.id for case in cases] if selected is None else list(selected)
    suite = {"version": "0.1", "revision": "abc123-dirty", "casesDigest": "sha256:0"}
    return [
        {"event": "run", "started": "2026-01-01T00:00:00+00:00", "suite": suite, "selected": ids},
        {"event": "cluster", "cluster": {"provider": "local", "kubernetesVersion": "v1.37.2"}},
        {"event": "controller", "controller": controller},
        *(case_event(case) for case in cases),
        {"event": "end", "finished": "2026-01-01T00:00:06+00:00", "complete": complete, "durations": spent},
    ]


def case_event(case: CaseRecord, *, final: bool = True) -> Event:
    """The event about one case."""
    return {"event": "case", "final": final, "case": case.model_dump(mode="json", by_alias=True)}


def report(*cases: CaseRecord, complete: bool = True) -> Report:
    """The report of these cases."""
    return report_of(events_of(*cases, complete=complete))
