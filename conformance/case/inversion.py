"""Every expectation turned round, to show that no case is vacuous: inverted, each must fail. Pure."""

from conformance.case.model import (
    HAS_ADDRESS,
    NO_ADDRESS,
    NO_MATCH,
    NOBODY,
    Case,
    Certificate,
    Expectation,
    Probe,
    Received,
    Step,
    Submission,
)

_NEVER = "NEVER"


def inverted(case: Case) -> Case:
    """Return the case with the opposite of each expectation.

    Where no marker proves that the objects are loaded, the first probe that expects a backend stays as it is: it is
    what makes the others count.
    """
    kept = next((p for p in case.probes if case.marker == "none" and _names_backend(p.expect)), None)
    return case.model_copy(
        update={
            "probes": tuple(probe if probe is kept else _probe(probe) for probe in case.probes),
            "steps": tuple(map(_step, case.steps)),
            "submissions": tuple(map(_submission, case.submissions)),
        }
    )


def _step(step: Step) -> Step:
    traffic = step.traffic
    if traffic is not None and traffic.judged:
        traffic = traffic.model_copy(update={"probe": _probe(traffic.probe)})
    return step.model_copy(update={"probes": tuple(map(_probe, step.probes)), "traffic": traffic})


def _probe(probe: Probe) -> Probe:
    return probe.model_copy(update={"expect": _expectation(probe.expect)})


def _expectation(expect: Expectation) -> Expectation:
    """Return what cannot be true where ``expect`` is; the most particular part is the one that is turned round."""
    if expect.certificate is not None and expect.certificate.secret is not None:
        return expect.model_copy(update={"certificate": Certificate(foreign=True)})
    if expect.received is not None:
        return expect.model_copy(update={"received": Received(method=_NEVER)})
    if expect.alpn is not None:
        return expect.model_copy(update={"alpn": _NEVER})
    if expect.outcome in {HAS_ADDRESS, NO_ADDRESS}:
        return Expectation(outcome=NO_ADDRESS if expect.outcome == HAS_ADDRESS else HAS_ADDRESS)
    return Expectation(outcome=NO_MATCH if _names_backend(expect) else NOBODY)


def _names_backend(expect: Expectation) -> bool:
    return bool(expect.server)


def _submission(submission: Submission) -> Submission:
    if submission.stored:
        return submission.model_copy(update={"stored": dict.fromkeys(submission.stored, NOBODY)})
    if submission.outcome == "accepted":
        return submission.model_copy(update={"outcome": "refused"})
    if submission.outcome == "refused":
        return submission.model_copy(update={"outcome": "accepted", "status": 0, "field": ""})
    return submission.model_copy(update={"outcome": "accepted", "stored": {"kind": NOBODY}})
