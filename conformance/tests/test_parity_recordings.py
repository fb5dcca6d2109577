"""Every expectation of level parity held against what a real ingress-nginx answered.

``data/ingress-nginx.jsonl`` holds the answers of ingress-nginx v1.15.1, one recording a line, without what differs from
run to run.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.case.load import load_cases
from conformance.case.model import TALLY, TLS_REFUSED, Case, Level, Probe, values_fit
from conformance.probes.outcome import REDIRECTS, WITHOUT_BODY

DATA = Path(__file__).parent / "data"
RECORDINGS: dict[str, dict[str, Any]] = {
    recording["id"]: recording for recording in map(json.loads, (DATA / "ingress-nginx.jsonl").read_text().splitlines())
}
UNUSED = [
    (entry["why"], name)
    for entry in yaml.safe_load((DATA / "unused-recordings.yaml").read_text())
    for name in entry["recordings"]
]
CASES = [case for case in load_cases() if case.level is Level.PARITY]
STANDS_FOR = {"AUTH": "e", "err": "d", "secure": "a", "t": "a"}
"""Backends of the recordings under other names in the cases; a Service with several endpoints is named pods."""

CLIENTS = {"good-client": "known", "bad-client": "stranger"}
SUBJECTS = re.compile("|".join(CLIENTS))


def probes(case: Case) -> Iterator[Probe]:
    yield from case.probes
    for step in case.steps:
        yield from step.probes


RECORDED = [(case, probe) for case in CASES for probe in probes(case) if probe.recorded]


@pytest.mark.parametrize(
    ("case", "probe"), RECORDED, ids=lambda value: getattr(value, "recorded", value.id) or value.id
)
def test_an_expectation_is_what_was_recorded(case: Case, probe: Probe) -> None:
    recording = RECORDINGS[probe.recorded]
    request, response = recording["request"], recording["response"]
    assert (probe.scheme == "https") == request["tls"]
    if not (probe.raw or probe.long_target):
        assert (probe.method, probe.target) == (request["method"], request["target"])
    expect = probe.expect
    if expect.outcome == TLS_REFUSED:
        assert "TLSV1_ALERT" in response["error"]
    elif expect.outcome == TALLY:
        against_numbers(probe, recording["repeat"])
    elif "status" in response:
        assert (expect.server.rpartition("/")[2], outcome(probe)) == answered(case, recording)
    if expect.alpn is not None:
        assert response["alpn"] == expect.alpn
    if expect.certificate is not None:
        assert expect.certificate.foreign == ("Fake Certificate" in response["certificate"])
    for name, wanted in expect.headers.items():
        assert values_fit(wanted, values(response.get("headers", []), name)), name
    if expect.received is not None:
        against_account(probe, recording)
    arrived = {STANDS_FOR.get(service, service): count for service, count in recording.get("arrived", {}).items()}
    assert expect.arrived == {name: arrived.get(name, 0) for name in expect.arrived}


def against_account(probe: Probe, recording: dict[str, Any]) -> None:
    received, backend = probe.expect.received, recording["backend"]
    assert received is not None
    assert received.target is None or received.target == backend["target"]
    assert received.host is None or received.host == backend["host"]
    for name, wanted in received.headers.items():
        found = [SUBJECTS.sub(lambda one: CLIENTS[one[0]], value) for value in values(backend["headers"], name)]
        assert values_fit(wanted, found), f"{name}: {found}"


def against_numbers(probe: Probe, repeat: dict[str, Any]) -> None:
    seen = dict(repeat["services"])
    seen |= {f"status:{status}": count for status, count in repeat["statuses"].items() if status != "200"}
    assert seen.keys() == probe.expect.tally.keys()
    for name, count in seen.items():
        least, most = probe.expect.tally[name]
        assert least <= count <= most, name


def outcome(probe: Probe) -> str:
    """The exact answer that a probe expects; a backend alone stands for 200, or for the upgrade of a WebSocket."""
    if probe.expect.exact:
        return probe.expect.outcome
    return "status:101" if probe.protocol == "websocket" else "status:200"


def answered(case: Case, recording: dict[str, Any]) -> tuple[str, str]:
    """Who answered, by the name that the case uses, and what. A backend may have been asked without having its say."""
    response, backend = recording["response"], recording.get("backend")
    status, kind = response["status"], "".join(values(response.get("headers", []), "Content-Type"))
    its_own = kind == "application/json" or "ct=" in recording["request"]["target"]
    who = ""
    if backend and (its_own or status in WITHOUT_BODY or status == 200):
        names = {own.name for own in case.backends}
        who = STANDS_FOR.get(backend["service"], "pods" if "pods" in names else backend["service"])
    if backend and who == "d" and "status=" not in backend["target"]:
        # The error service of the recordings answered with the status in X-Code; the echo backend does not.
        status = 200
    location = "".join(values(response.get("headers", []), "Location"))
    return who, f"redirect:{status}:{location}" if status in REDIRECTS else f"status:{status}"


def values(pairs: list[list[str]], name: str) -> list[str]:
    return [value for key, value in pairs if key.lower() == name.lower()]


def test_every_recording_is_used_or_named_with_a_reason() -> None:
    used = {probe.recorded for _, probe in RECORDED}
    named = {name for _, name in UNUSED}
    assert used | named == RECORDINGS.keys()
    assert not used & named
    assert all(len(why) > 10 for why, _ in UNUSED)


def test_the_level_is_wide_enough() -> None:
    annotations = {
        key
        for case in CASES
        for manifest in (*case.objects, *(a.apply for s in case.steps for a in s.actions if a.apply))
        for key in manifest["metadata"].get("annotations", {})
    }
    statements = {statement for case in CASES for statement in case.statements}
    assert len(CASES) >= 130
    assert sum(len(list(probes(case))) for case in CASES) >= 400
    assert len(annotations) >= 45
    assert {f"N-D{number:02}" for number in range(1, 28)} <= statements
