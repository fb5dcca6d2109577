"""Reports for tests of the site: with something of everything, and with something evil in every string."""

from functools import cache
from itertools import count
from typing import Any

from conformance.case.model import Level
from conformance.judge.words import Reason, Verdict
from conformance.report.model import (
    AttemptRecord,
    CaseRecord,
    Expected,
    MarkerRecord,
    ObjectRecord,
    Observed,
    Parity,
    Report,
    TwinRecord,
    summary_of,
)
from conformance.report.parity import PREFIX
from conformance.tests.reports import case_record, probe_record
from conformance.tests.rich_report import every_verdict, rich
from conformance.tests.synthetic_runs import run

SCRIPT = (
    "\"'></textarea></title></pre></style></script><script>alert(1)</script><img src=x onerror=alert(2)>"
    "<svg onload=alert(3)>\" onmouseover=alert(4) autofocus onfocus=alert(5) x=\"' y='<!--]]>{{7*7}}${7*7}{%x%}"
    "<link rel=stylesheet href=https://evil.test/x><base href=https://evil.test/>\u202e\x00\x1b[31m&#60;b&#62;\\u003c"
)
PAYLOADS = {
    "script": SCRIPT,
    "attribute": f'x" style="background:url(https://evil.test/)" onclick="alert(6)" {SCRIPT}',
    "script-url": f"javascript:alert(7)//{SCRIPT}",
    "data-url": f"data:text/html,<script>alert(8)</script>{SCRIPT}",
    "far-url": f'https://evil.test/"><script src=https://evil.test/x></script>{SCRIPT}',
    "path": f"../../../../etc/passwd/..\\..\\{SCRIPT}",
}
"""What is put into every string of a report."""

CLOSED = frozenset(
    {"schemaVersion", "level", "verdict", "reason", "placement", "kind", "unit", "summary", "digest", "parity"}
)
"""Keys whose values are closed lists, or no text: nothing else would be a report. (``kind`` of manifests is text.)"""

OPEN_KEYS = frozenset({"answered", "manifest", "manifests", "received", "more", "options", "pods", "failures"})
"""Keys below which keys are any text."""

LOOKED_AT = frozenset(
    {"metadata", "spec", "rules", "annotations", "headers", "tally", "body", "method", "target", "port"}
)
"""Of those, the keys that the site looks at."""


def compared(identifier: str, word: Parity, *, fail_open: bool = False, **changes: Any) -> CaseRecord:
    """A case that was held against ingress-nginx; a backend answered its twin, which has no ``auth-url``."""
    verdict = Verdict.PASS if word is Parity.SAME else Verdict.FAIL
    wanted = Expected(outcome="status:401", more={"headers": {"WWW-Authenticate": "Basic"}})
    manifest = {"kind": "Ingress", "metadata": {"name": "x", "annotations": {"kept": "1", f"{PREFIX}auth-url": "x"}}}
    marker = MarkerRecord(host="r1.x.marker.test", live_after=0.1, looks=1, last_outcome="marker")
    bare = {"kind": "Ingress", "metadata": {"name": "x-twin", "annotations": {"kept": "1"}}}
    seen = AttemptRecord(
        at=1.0,
        seconds=0.1,
        outcome="a",
        counted=True,
        answered={"by": "a", "headers": [["Via", "p"]], "tally": {"a": 3}},
        received={"target": "/twin", "headers": [["X-Received", "r"]]},
    )
    probes = (probe_record(verdict, expected=wanted),)
    twin = probe_record(
        id="GET /", expected=Expected(outcome="record"), observed=Observed(outcome="a"), attempts=(seen,)
    )
    fields: dict[str, Any] = {
        "parity": word,
        "fail_open": fail_open,
        "objects": (ObjectRecord(manifest=manifest, marker=marker),),
        "probes": probes,
        "twin": TwinRecord(objects=(ObjectRecord(manifest=bare, marker=marker),), probes=(twin,)),
    }
    return case_record(identifier, verdict, Level.PARITY, **{**fields, **changes})


def unjudged(identifier: str) -> CaseRecord:
    """The same case of a run that could not judge it: nobody knows whether it stood open."""
    seen = {"verdict": Verdict.ERROR, "reason": Reason.HARNESS, "parity": None}
    return compared(identifier, Parity.DIFFERS).model_copy(update=seen)


@cache
def everything() -> Report:
    """A report with every verdict and level, steps, measurements, certificates, findings."""
    made = run("everything", "1.2.3", 250)
    sections: dict[str, int] = {}
    some = []
    for case in made.cases:
        section = case.id.partition("/")[0]
        sections[section] = sections.get(section, 0) + 1
        if sections[section] == 1:
            some.append(case)
    words = (compared(f"ingress-nginx/{word}", word, fail_open=word is Parity.IGNORED) for word in Parity)
    cases = (*some, *every_verdict(), *words)
    findings = rich().cases[1].findings
    return made.model_copy(update={"cases": cases, "summary": summary_of(cases), "findings": findings, "digest": ""})


def hostile(payload: str) -> Report:
    """The same report with the payload in every string and every key that may be any text; a number makes each unique.

    The number comes last: in front of a script's address it would make it harmless.
    """
    number = count()
    data = everything().model_dump(mode="json", by_alias=True)
    evil = _evil(data, lambda: f"{payload}{next(number)}", free=False)
    for case in evil["cases"]:
        if case["reason"] is not None:
            case["reason"] = Reason.UNSTABLE.value
        # A twin is found by the names of the case's probes.
        for probe, twin in zip(case["probes"], (case["twin"] or {"probes": []})["probes"], strict=False):
            twin["id"] = probe["id"]
    return Report.model_validate(evil)


def _evil(value: Any, payload: Any, *, free: bool) -> Any:
    """``free``: below here keys are any text, as in manifests."""
    if isinstance(value, str):
        return payload()
    if isinstance(value, list):
        return [_evil(item, payload, free=free) for item in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for key, item in value.items():
        open_keys = free or key in OPEN_KEYS
        if not free and key in CLOSED:
            made[key] = item
        elif free and key not in LOOKED_AT:
            made[payload()] = _evil(item, payload, free=True)
        else:
            made[key] = _evil(item, payload, free=open_keys)
    return made
