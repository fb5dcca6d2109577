"""Reports for tests of the site: with something of everything, and with something evil in every string."""

from functools import cache
from itertools import count
from typing import Any

from conformance.judge.words import Reason
from conformance.report.model import Report, summary_of
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

CLOSED = frozenset({"schemaVersion", "level", "verdict", "reason", "placement", "kind", "unit", "summary", "digest"})
"""Keys whose values are closed lists, or no text: nothing else would be a report. (``kind`` of manifests is text.)"""


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
    cases = (*some, *every_verdict())
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
        open_keys = free or key in {"manifest", "manifests", "received", "more", "options", "pods", "failures"}
        if not free and key in CLOSED:
            made[key] = item
        elif free and key not in {"metadata", "spec", "rules", "headers", "body", "method", "target", "port"}:
            made[payload()] = _evil(item, payload, free=True)
        else:
            made[key] = _evil(item, payload, free=open_keys)
    return made
