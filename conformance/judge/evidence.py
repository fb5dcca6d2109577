"""Which part of an answer, and of what a backend received, decides a verdict."""

from collections.abc import Mapping
from typing import Any

from conformance.case.model import RECORD, TLS_REFUSED, Expectation, Received
from conformance.judge.probes import Attempt


def looked_at(wanted: Received, account: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the parts of a backend's account that the judge compares, so that anyone can compare them again."""
    if not account:
        return None
    keys = {"method": wanted.method, "target": wanted.target, "port": wanted.port, "body": wanted.body}
    kept = {key: account[key] for key, value in keys.items() if value is not None and key in account}
    names = {name.lower() for name in wanted.headers} | ({"host"} if wanted.host is not None else set())
    if names:
        kept["headers"] = [pair for pair in account.get("headers", ()) if str(pair[0]).lower() in names]
    return kept


def of_the_answer(expect: Expectation, attempt: Attempt) -> dict[str, Any] | None:
    """Return the parts of an answer that the judge compares: the headers named, whose it is, and the numbers.

    Where several requests are only recorded, the numbers are what is recorded of them; where TLS must be refused, it is
    the version that was agreed on all the same.
    """
    if expect.outcome == TLS_REFUSED:
        return {"tls": attempt.answer.tls_version}
    recorded = expect.outcome == RECORD and attempt.tally
    if not (expect.headers or expect.exact or expect.tally or expect.arrived or recorded):
        return None
    names = {name.lower() for name in expect.headers}
    found = [[name, value] for name, value in attempt.answer.headers if name.lower() in names]
    arrived = {"arrived": dict(sorted(attempt.arrived.items()))} if expect.arrived else {}
    return {"by": attempt.seen.server, "headers": found, "tally": dict(sorted(attempt.tally.items())), **arrived}
