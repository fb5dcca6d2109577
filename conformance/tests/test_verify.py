"""Whatever is changed in a report is found, by its digests or, where these are written anew, by its evidence."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.export.published import FOLDER
from conformance.report.seal import digest_of
from conformance.tests.sound_report import events, sound
from conformance.verify.model import Problem, Verification
from conformance.verify.seals import against_digests
from conformance.verify.verification import verification

Written = dict[str, Any]
SOUND: Written = json.loads(sound().to_json())


def verified(written: Written, **options: Any) -> Verification:
    found = verification("report.json", written, (), "another version", **options)
    schema = json.loads((FOLDER / "verification.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(json.loads(found.model_dump_json(by_alias=True)))
    return found


def leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of each value that holds no other, empty lists and objects included."""
    if isinstance(value, (dict, list)) and value:
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(part, (*place, key))
    else:
        yield place


def changed(written: Written, place: tuple[Any, ...], value: Any) -> Written:
    made = copy.deepcopy(written)
    part: Any = made
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    return made


def resealed(written: Written) -> Written:
    """The report of a forger who knows how digests are made."""
    for case in written["cases"]:
        case["digest"] = digest_of(case)
    written["digest"] = digest_of(written)
    return written


LEAVES = list(leaves(SOUND))
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)


def value_at(place: tuple[Any, ...]) -> Any:
    part: Any = SOUND
    for key in place:
        part = part[key]
    return part


def test_a_sound_report_is_sound_and_says_what_was_checked() -> None:
    found = verified(SOUND)
    assert found.sound, found.problems
    assert "11 cases and 14 probes" in " ".join(found.checked)
    said = " ".join(part.what for part in found.unchecked)
    for word in ("--events", "of suite 0.1", "controller-crashed", "declares something unsupported", "an earlier step"):
        assert word in said


def test_with_its_events_it_is_sound_too() -> None:
    found = verified(SOUND, events=events())
    assert found.sound, found.problems
    assert "the events of the run" in found.checked


def test_a_claim_may_be_about_the_case_itself() -> None:
    made = copy.deepcopy(SOUND)
    claimed = case_of(made, "claimed")
    claimed["detail"] = claimed["detail"].replace("(P01)", f"({claimed['id']})")
    assert verified(resealed(made)).sound


@pytest.mark.parametrize("number", range(0, len(LEAVES), 40))
def test_every_leaf_is_covered_by_the_digests(number: int) -> None:
    for place in LEAVES[number : number + 40]:
        old = value_at(place)
        for new in (None, 0, "x", not old, f"{old}x"):
            if type(new) is not type(old) or new != old:
                assert list(against_digests(changed(SOUND, place, new))), place


def test_digests_of_many_cases_are_counted_and_not_listed() -> None:
    found = list(against_digests({"cases": [{"id": f"s/{number}"} for number in range(272)]}))
    said = [f"{problem.place}: {problem.what}" for problem in found if isinstance(problem, Problem)]
    assert said[19].startswith("cases[19] s/19: ")
    assert said[20] == "cases: and 252 more"
    assert [line.partition(":")[0] for line in said[21:]] == ["the report"]


@given(st.sampled_from(LEAVES), ANY_JSON)
def test_any_changed_value_is_found(place: tuple[Any, ...], value: Any) -> None:
    made = changed(SOUND, place, value)
    if json.dumps(made, sort_keys=True) != json.dumps(SOUND, sort_keys=True):
        assert not verified(made).sound


@given(st.sampled_from(LEAVES))
def test_any_value_that_is_left_out_is_found(place: tuple[Any, ...]) -> None:
    made = copy.deepcopy(SOUND)
    part: Any = made
    for key in place[:-1]:
        part = part[key]
    del part[place[-1]]
    assert not verified(made).sound


def case_of(written: Written, name: str) -> Written:
    return next(case for case in written["cases"] if case["id"] == f"s/{name}")


def right(written: Written, name: str) -> None:
    """Forge a pass, everywhere where a verdict stands."""
    case = case_of(written, name)
    for part in (case, *case["probes"]):
        part.update(verdict="pass", reason=None, detail="")
    case["contradiction"] = ""
    counts = written["summary"][case["level"]]
    counts["pass"], counts["fail"] = counts["pass"] + 1, counts["fail"] - 1


def _attempts(written: Written, name: str, **change: Any) -> None:
    for attempt in case_of(written, name)["probes"][0]["attempts"]:
        attempt.update(change)


FORGERIES: dict[str, Callable[[Written], Any]] = {
    "a failing case passes": lambda r: right(r, "wrong"),
    "an unstable one passes": lambda r: right(r, "late"),
    "one that changed on the second look passes": lambda r: right(r, "shaky"),
    "an open one passes": lambda r: right(r, "open"),
    "only the case passes": lambda r: case_of(r, "wrong").update(verdict="pass", reason=None, contradiction=""),
    "the counts are better": lambda r: r["summary"]["core"].update({"pass": 99}),
    "a case is taken out": lambda r: r["cases"].pop(1),
    "a case is there twice": lambda r: r["cases"].append(r["cases"][0]),
    "no attempt counted": lambda r: _attempts(r, "right", counted=False),
    "the attempts saw something else": lambda r: _attempts(r, "right", outcome="b"),
    "too few attempts": lambda r: case_of(r, "right")["probes"][0].update(
        attempts=case_of(r, "right")["probes"][0]["attempts"][:2]
    ),
    "no attempt": lambda r: case_of(r, "right")["probes"][0].update(attempts=[]),
    "no probe": lambda r: case_of(r, "right").update(probes=[]),
    "another reason": lambda r: case_of(r, "wrong").update(reason="wrong-backend"),
    "the backend received something else": lambda r: case_of(r, "right")["probes"][0]["observed"]["received"].update(
        target="/y"
    ),
    "it received another host": lambda r: case_of(r, "right")["probes"][0]["observed"]["received"].update(
        headers=[["Host", "bar.com.right.s.test"]]
    ),
    "an attempt saw another target": lambda r: case_of(r, "right")["probes"][0]["attempts"][3]["received"].update(
        target="/y"
    ),
    "the last attempts saw other certificates": lambda r: case_of(r, "wrong")["probes"][0]["attempts"][1].update(
        certificate="ab" * 32
    ),
    "all received another target": lambda r: [
        part["received"].update(target="/y")
        for probe in case_of(r, "right")["probes"][:1]
        for part in (probe["observed"], *probe["attempts"])
    ],
    "another backend is expected": lambda r: case_of(r, "right")["probes"][0]["expected"].update(outcome="b"),
    "the marker never lived": lambda r: case_of(r, "right")["objects"][0]["marker"].update(liveAfter=None),
    "a step never lived": lambda r: case_of(r, "steps")["steps"][0].update(liveAfter=None),
    "no request failed during the step": lambda r: case_of(r, "steps")["measurements"][0].update(failed=0),
    "another object was refused": lambda r: case_of(r, "offered")["probes"][0]["observed"].update(detail="spec.tls"),
    "the claim is about something else": lambda r: case_of(r, "claimed").update(statements=["P02"]),
    "it ended before it began": lambda r: r["run"].update(finished="2020-01-01T00:00:00+00:00"),
    "an attempt after the end": lambda r: case_of(r, "right")["probes"][0]["attempts"][-1].update(at=99.0),
    "attempts out of order": lambda r: case_of(r, "right")["probes"][0]["attempts"].reverse(),
    "no case at all": lambda r: r.update(cases=[], summary={}),
    "another schema": lambda r: r.update(schemaVersion="2"),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forgery_with_new_digests_is_found_by_its_evidence(forge: Callable[[Written], Any]) -> None:
    made = copy.deepcopy(SOUND)
    forge(made)
    found = verified(resealed(made))
    assert not found.sound
    assert "digest" not in {problem.check for problem in found.problems}


def test_a_forgery_that_agrees_with_itself_is_found_by_the_events_only() -> None:
    made = copy.deepcopy(SOUND)
    made["controller"]["version"] = "9.9"
    case_of(made, "right")["probes"][0]["attempts"][0]["seconds"] = 0.5
    resealed(made)
    assert verified(made).sound
    found = verified(made, events=events())
    assert {problem.place for problem in found.problems} == {"controller", "s/right"}


@pytest.mark.parametrize("wrong", [[], [{"event": "run"}], events()[:1], [{"event": "case", "case": {}}]])
def test_events_that_amount_to_no_report_are_a_problem(wrong: Any) -> None:
    assert not verified(SOUND, events=wrong).sound


@pytest.mark.parametrize("key", ["digest", "cases", "summary"])
def test_a_report_without_a_part_is_not_sound_and_no_traceback(key: str) -> None:
    made = {name: value for name, value in SOUND.items() if name != key}
    assert not verified(made).sound
    assert not verified({}).sound
    assert not verified({"cases": [None, 7, {}], "schemaVersion": []}).sound
