"""The report that users' scripts read: its keys, its schema, its counts, and the exit status."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conformance.case.model import Level
from conformance.judge.words import Reason, Verdict
from conformance.report.fold import report_of
from conformance.report.model import Report, exit_status
from conformance.report.schema import SCHEMA_FILE, json_schema, schema_text
from conformance.report.seal import digest_of
from conformance.tests.reports import case_record, events_of, report

CASES = [case_record(f"s/{level.value}-{verdict.value}", verdict, level) for level in Level for verdict in Verdict]

KEYS: dict[str, set[str]] = {
    "": {"schemaVersion", "suite", "controller", "cluster", "run", "summary", "cases"},
    "suite": {"version", "casesDigest"},
    "controller": {"name", "version", "project", "url", "arguments"},
    "cluster": {"provider", "kubernetesVersion"},
    "run": {"started", "finished", "durations"},
    "run.durations": {"cluster", "controller", "apply", "observe", "total"},
    "summary.core": {"pass", "fail", "unsupported", "skipped", "error"},
    "cases.0": {
        *{"id", "statements", "level", "title", "specUrl", "verdict", "reason", "seconds", "objects", "probes"},
    },
    "cases.0.probes.0": {"id", "expected", "observed", "verdict", "reason", "attempts", "curl"},
    "cases.0.probes.0.observed": {"outcome"},
}
"""What is promised to everybody who reads reports; more keys may come, none of these may go."""


def written(*cases: Any) -> dict[str, Any]:
    loaded = json.loads(report(*(cases or CASES)).to_json())
    assert isinstance(loaded, dict)
    return loaded


def at(place: str, value: Any) -> Any:
    for step in filter(None, place.split(".")):
        value = value[int(step) if step.isdigit() else step]
    return value


@pytest.mark.parametrize("place", KEYS)
def test_the_promised_keys_are_there_under_exactly_these_names(place: str) -> None:
    assert set(at(place, written())) >= KEYS[place]


@pytest.mark.parametrize("place", [place for place in KEYS if place])
def test_the_schema_demands_the_promised_keys(place: str) -> None:
    for key in KEYS[place]:
        broken = written()
        del at(place, broken)[key]
        with pytest.raises(jsonschema.ValidationError, match=f"'{key}' is a required property|not valid under any"):
            jsonschema.Draft202012Validator(json_schema()).validate(broken)


def test_a_report_that_does_not_say_what_it_was_made_of_is_valid_and_written_again_as_it_was() -> None:
    older = written()
    del older["suite"]["revision"], older["controller"]["programs"]
    jsonschema.Draft202012Validator(json_schema()).validate(older)
    again = Report.model_validate_json(json.dumps(older), strict=True).model_dump(mode="json", by_alias=True)
    assert again == older
    assert digest_of(again) == digest_of(older)


def test_what_a_report_was_made_of_is_said() -> None:
    shown = written()
    assert shown["suite"]["revision"] == "abc123-dirty"
    assert shown["controller"]["programs"] == [{"name": "proxy", "source": "wheel demo-proxy", "version": "2.1"}]
    assert shown["digest"] != written_without("controller", "programs")["digest"]


def written_without(place: str, key: str) -> dict[str, Any]:
    told = events_of(*CASES)
    for event in told:
        if event["event"] == place:
            del event[place][key]
    return report_of(told).model_dump(mode="json", by_alias=True)


def test_lists_are_lists_and_summaries_are_per_level() -> None:
    shown = written()
    assert isinstance(shown["controller"]["arguments"], list)
    assert set(shown["summary"]) <= {level.value for level in Level}
    assert isinstance(shown["cases"][0]["statements"], list)


def test_the_published_schema_is_current() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), (
        "run: python -m conformance.report.schema > conformance/report/report.schema.json"
    )
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_the_schema_module_writes_the_schema() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance.report.schema"], capture_output=True, check=True, encoding="utf-8"
    )
    assert done.stdout == schema_text()


def test_a_report_is_valid_and_comes_back_as_it_was() -> None:
    one = report(*CASES)
    jsonschema.Draft202012Validator(json_schema()).validate(json.loads(one.to_json()))
    assert Report.model_validate_json(one.to_json()) == one


def test_the_report_of_a_real_run_is_valid() -> None:
    """Validates the reports of the folder named by CONFORMANCE_REPORTS, as `--out` of a run leaves them."""
    folder = os.environ.get("CONFORMANCE_REPORTS")
    if not folder:
        pytest.skip("CONFORMANCE_REPORTS names no folder with the reports of a run")
    found = sorted(Path(folder).rglob("report.json"))
    assert found
    for path in found:
        jsonschema.Draft202012Validator(json_schema()).validate(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("place", "key", "value"),
    [
        ("cases.0", "verdict", "maybe"),
        ("cases.0", "level", "corest"),
        ("cases.0", "reason", "bad-luck"),
        ("cases.0", "placement", "somewhere"),
        ("cases.0", "unknown", 1),
        ("controller", "arguments", "-v"),
        ("summary.core", "pass", "many"),
        ("", "schemaVersion", 1),
    ],
)
def test_the_schema_refuses_what_is_no_report(place: str, key: str, value: object) -> None:
    broken = written()
    at(place, broken)[key] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(json_schema()).validate(broken)


def test_every_verdict_and_reason_is_written_in_its_word() -> None:
    for reason in Reason:
        shown = written(case_record("s/one", Verdict.FAIL, reason=reason))
        assert shown["cases"][0]["reason"] == reason.value
    assert {case["verdict"] for case in written()["cases"]} == {verdict.value for verdict in Verdict}


def test_the_summary_counts_each_verdict_of_each_level_apart() -> None:
    shown = written(*CASES, case_record("s/again", Verdict.FAIL, Level.CORE))
    ones = {"pass": 1, "fail": 1, "unsupported": 1, "skipped": 1, "error": 1}
    assert shown["summary"]["core"] == {**ones, "fail": 2}
    assert [shown["summary"][level] for level in ("extended", "observed", "api")] == [ones] * 3


def test_a_level_without_cases_is_not_in_the_summary() -> None:
    assert set(written(case_record("s/one", level=Level.EXTENDED))["summary"]) == {"extended"}


EXIT = {
    (): 0,
    ("core pass",): 0,
    ("core unsupported",): 0,
    ("core skipped",): 0,
    ("core fail",): 1,
    ("extended fail",): 0,
    ("observed fail",): 0,
    ("api fail",): 0,
    ("core pass", "core fail"): 1,
    ("core unsupported", "extended fail"): 0,
    ("core error",): 3,
    ("observed error",): 3,
    ("core fail", "extended error"): 3,
}


@pytest.mark.parametrize("shown", EXIT, ids=lambda shown: " + ".join(shown) or "nothing")
def test_the_exit_status_tells_what_became_of_the_core_cases(shown: tuple[str, ...]) -> None:
    pairs = [tuple(words.split()) for words in shown]
    cases = [case_record(f"s/{n}", Verdict(verdict), Level(level)) for n, (level, verdict) in enumerate(pairs)]
    for order in itertools.permutations(cases):
        assert exit_status(report(*order)) == EXIT[shown]
        assert exit_status(report(*order, complete=False)) == 130
