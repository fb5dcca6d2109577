"""What the probes of a case saw, in words that can be compared between runs and controllers."""

from collections.abc import Mapping

from conformance.report.model import CaseRecord, ProbeRecord, Report

NOTHING = "nothing"
ProbeKey = tuple[int, str, int]
"""Step, id, and which one of those that have the same."""


def probes_of(case: CaseRecord) -> Mapping[ProbeKey, ProbeRecord]:
    """Return the probes of a case by what they are called."""
    found: dict[ProbeKey, ProbeRecord] = {}
    for probe in case.probes:
        turn = sum(key[:2] == (probe.step, probe.id) for key in found)
        found[probe.step, probe.id, turn] = probe
    return found


def answer(probe: ProbeRecord, report: Report) -> str:
    """Return what a probe saw; the controller's address, which differs from run to run, becomes ``@address``."""
    return NOTHING if probe.observed is None else without_address(probe.observed.outcome, report)


def without_address(text: str, report: Report) -> str:
    """Return a text with ``@address`` in place of the controller's address."""
    address = report.controller.address
    return text.replace(address, "@address") if address else text


def expectation(probe: ProbeRecord) -> object:
    """Return all that a probe expects, as a value that can be compared."""
    return probe.expected.model_dump(mode="json", by_alias=True)


def asked_alike(one: CaseRecord, other: CaseRecord) -> bool:
    """Tell whether two records are of the same case, as far as their reports say it.

    Its digest tells of everything; older reports have none, but the level and what each probe expects.
    """
    if "" not in {one.asked_digest, other.asked_digest}:
        if one.asked_digest != other.asked_digest:
            return False
        if not (one.probes and other.probes):  # What was not judged may lack them.
            return True
    return _expectations(one) == _expectations(other)


def _expectations(case: CaseRecord) -> object:
    return case.level, {key: expectation(probe) for key, probe in probes_of(case).items()}
