"""When two controllers' answers to a probe of level parity are the same: in all that its case looks at. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from conformance.compare.answers import answer
from conformance.migrate.verdicts import BY_CHANCE
from conformance.report.model import ProbeRecord, Report
from conformance.report.parity import last_counted, shown_answer, without_ending

SHARE = 0.2
"""Of the requests whose answers are counted, this part may be answered otherwise by chance."""


def differs(case_id: str, old: ProbeRecord, old_run: Report, new: ProbeRecord, new_run: Report) -> bool:
    """Tell whether they do; two that both fail need not fail in the same way."""
    return _shown(case_id, old, old_run) != _shown(case_id, new, new_run) or _counts_differ(_tally(old), _tally(new))


def _shown(case_id: str, probe: ProbeRecord, run: Report) -> tuple[Any, ...]:
    _, *rest = shown_answer(probe, case_id)
    # Some of what is received or answered is an address, which differs from run to run.
    told = json.dumps([*rest, _host(probe, case_id)], sort_keys=True, default=str)
    certificate = probe.observed.certificate if probe.observed else None
    return (
        answer(probe, run),
        probe.verdict,
        probe.reason,
        told.replace(run.controller.address, "@address") if run.controller.address else told,
        certificate and certificate.secret,
    )


def _host(probe: ProbeRecord, case_id: str) -> list[str]:
    """Return the Host that the backend received, if the probe expects one."""
    attempt = last_counted(probe)
    pairs = ((attempt.received if attempt else None) or {}).get("headers") or ()
    return [without_ending(str(pair[1]), case_id) for pair in pairs if str(pair[0]).lower() == "host"]


def _tally(probe: ProbeRecord) -> Mapping[str, int]:
    attempt = last_counted(probe)
    return ((attempt.answered if attempt else None) or {}).get("tally") or {}


def _counts_differ(old: Mapping[str, int], new: Mapping[str, int]) -> bool:
    by_chance = max(BY_CHANCE, SHARE * max(sum(old.values()), sum(new.values())))
    return any(abs(old.get(seen, 0) - new.get(seen, 0)) > by_chance for seen in {*old, *new})
