"""The pure parts of the site's pages: attempts, headers, objects, plots, names, links."""

import re
from pathlib import Path

import pytest

from conformance.case.model import Level
from conformance.case.statements import load_statements
from conformance.judge.words import Reason, Verdict
from conformance.report.model import (
    AttemptRecord,
    CaseRecord,
    MeasurementRecord,
    ObjectRecord,
    Observed,
    ProbeRecord,
)
from conformance.report.quantile import quantile
from conformance.site import words
from conformance.site.lanes import TICKS, paths, story, x_of
from conformance.site.links import safe_link
from conformance.site.manifests import left_out, own_objects, yaml_text
from conformance.site.names import file_name, file_names
from conformance.site.pages import site
from conformance.site.plots import histogram, measured, seconds
from conformance.site.usual import HOST, VARIES, habits_of, usual_of
from conformance.tests.reports import case_record, probe_record, report
from conformance.visible import visible


def attempts(*seen: str, again: str = "") -> ProbeRecord:
    """A probe that saw these outcomes, a second apart; a minus in front: not counted."""
    made = [
        AttemptRecord(at=5.0 + n, seconds=0.01, outcome=one.lstrip("-"), counted=not one.startswith("-"))
        for n, one in enumerate(seen)
    ]
    if again:
        made.append(AttemptRecord(at=30.0, seconds=0.01, outcome=again, counted=True, second_look=True))
    return probe_record(attempts=tuple(made))


def test_attempts_are_drawn_from_the_first_one_on() -> None:
    drawn = dict(paths([[attempts("a", "a", "a", again="a")]]))
    assert drawn["d"] == f"M6 10H{x_of(1)}H{x_of(2)}"
    assert drawn["l"] == f"M{x_of(25)} 5v10"
    assert set(drawn) == {"d", "l"}


def test_the_scale_of_the_lanes_is_the_one_that_the_page_of_verdicts_names() -> None:
    page = dict(site([report(case_record("s/x"))], load_statements()))["verdicts.html"].decode()
    assert "on a logarithmic scale" in page
    assert x_of(100.0) - x_of(10.0) == pytest.approx(x_of(10.0) - x_of(1.0), rel=0.1)


def test_what_did_not_count_or_was_something_else_has_marks_of_its_own() -> None:
    drawn = dict(paths([[attempts("-a", "b", "a", "a", "a", again="c")]]))
    assert drawn["u"] == "M6 10z"
    assert drawn["o"].count("M") == 2
    assert "l" not in drawn


def test_times_that_are_no_times_do_not_stop_the_page() -> None:
    broken = AttemptRecord(at=float("nan"), seconds=0.1, outcome="a", counted=True)
    assert paths([[probe_record(attempts=(broken, broken))]])


def test_the_style_sheet_draws_its_lines_where_the_ticks_are() -> None:
    sheet = (Path(words.__file__).parent / "assets" / "site.css").read_text()
    rule = re.search(r"\.answer svg \{[^}]*\}", sheet)
    assert rule is not None
    assert [int(x) for x in re.findall(r"0 0\) (\d+)px", rule[0])] == [x_of(tick) for tick in TICKS]


@pytest.mark.parametrize(
    ("seen", "again", "told"),
    [
        (["a", "a"], "a", ""),
        (["-b", "a", "a"], "a", "b (not counted), a ×2; second look a"),
        (["a", "a"], "b", "a ×2; second look b"),
        (["-a"], "", "a (not counted)"),
        (list("abababababab"), "", "a, b, a, b, … 5 changes …, b, a, b"),
    ],
)
def test_stories_are_told_only_where_something_changes(seen: list[str], again: str, told: str) -> None:
    assert story(attempts(*seen, again=again)) == told


def test_usual_headers() -> None:
    messages = [[("X-Id", str(n)), ("Via", "p"), *([("Rare", "1")] if n == 0 else [])] for n in range(4)]
    usual = usual_of(messages)
    assert usual.headers == {"via": ("Via", "p", 1.0), "x-id": ("X-Id", VARIES, 1.0)}
    assert usual.unusual([("VIA", "q"), ("X-Id", "9")]) == ((("VIA", "q"),), ())
    assert usual.unusual([("Rare", "1"), ("Via", "p")]) == ((("Rare", "1"),), ("X-Id",))


def test_habits_tell_the_request_the_answer_and_the_refusal_apart() -> None:
    host = "foo.com.x.s.test"
    got = Observed(
        outcome="a",
        status=200,
        headers=(("Server", "p"), ("Date", "now")),
        received={"headers": [["Host", host], ["X-Forwarded-Host", host], ["X-Real-Ip", "10.0.0.3"], "rubbish"]},
    )
    no = Observed(outcome="status:404", status=404, headers=(("Server", "p"),), body="no")
    habits = habits_of(report(case_record("s/x", probes=(probe_record(observed=got), probe_record(observed=no)))))
    assert {name: value for name, value, _ in habits.received.headers.values()} == {
        "X-Forwarded-Host": HOST,
        "X-Real-Ip": "{address}",
    }
    assert list(habits.answered.headers) == ["server"]
    assert habits.refusals["status:404"][1] == "no"


def shared(*hosts: str, name: str = "packed-1", alone: bool = False) -> CaseRecord:
    """A case that stands in an Ingress with these hosts."""
    rules = [{"host": host} for host in hosts]
    manifest = {
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": "conformance-12ab34"},
        "spec": {"rules": rules, "ingressClassName": "traefik-3"},
    }
    return case_record("s/x", objects=(ObjectRecord(manifest=manifest),), judged_alone=alone)


def test_of_a_shared_ingress_only_the_rules_of_the_case_are_shown() -> None:
    case = shared("foo.com.x.s.test", "foo.com.y.s.test", "r1.packed-1.marker.test")
    (shown,) = own_objects(case, "traefik")
    assert shown["spec"] == {"rules": [{"host": "foo.com.x.s.test"}], "ingressClassName": "CLASS"}
    assert shown["metadata"]["namespace"] == "conformance-RUN"
    assert left_out(case) == (1, 0)


def test_copies_are_shown_once() -> None:
    case = shared("foo.com.copy1.x.s.test", "foo.com.copy2.x.s.test", "foo.com.copy3.x.s.test")
    assert own_objects(case, "traefik")[0]["spec"]["rules"] == [{"host": "foo.com.copy1.x.s.test"}]
    assert left_out(case) == (0, 2)


def test_hosts_of_the_second_judgement_are_those_of_the_first() -> None:
    alone = own_objects(shared("foo.com.x.s.alone.test", alone=True), "traefik")
    assert alone == own_objects(shared("foo.com.x.s.test"), "traefik")


def test_hosts_that_nothing_is_known_of_are_all_shown() -> None:
    case = shared("shop.example.com", "other.example.com")
    assert len(own_objects(case, "traefik")[0]["spec"]["rules"]) == 2


@pytest.mark.parametrize("manifest", [{}, {"spec": None}, {"spec": {"rules": "x"}}, {"spec": {"rules": [1, None]}}])
def test_manifests_of_any_shape_are_shown(manifest: dict[str, object]) -> None:
    case = case_record("s/x", objects=(ObjectRecord(manifest=manifest),))
    assert own_objects(case, "traefik")
    assert left_out(case) == (0, 0)
    assert yaml_text(own_objects(case, "traefik"))


def test_small_mappings_stand_in_one_line() -> None:
    text = yaml_text([{"backend": {"service": {"name": "a", "port": {"number": 80}}}, "long": {"x": "y" * 80}}])
    assert "service: {name: a, port: {number: 80}}" in text
    assert f"long:\n  x: {'y' * 80}" in text


def test_histogram_covers_whole_decades_and_counts_everything() -> None:
    plot = histogram([0.002, 0.003, 0.02, float("nan"), -1.0])
    assert plot is not None
    assert (plot.count, plot.ticks[0][1], plot.ticks[-1][1]) == (3, "1 ms", "100 ms")
    assert histogram([]) is None


def test_a_single_failed_request_of_thousands_can_be_seen() -> None:
    lost = MeasurementRecord(name="x", unit="requests", count=9999, failed=1, failures={"reset": 1})
    assert measured([lost], 0.0).failed_width == 2
    assert measured([lost.model_copy(update={"failed": 0, "failures": {}})], 0.0).failed_width == 0


def test_samples_are_drawn_where_they_are_and_nowhere_else() -> None:
    times = MeasurementRecord(name="x", unit="seconds", count=2, samples=(1.0, 0.5), max=1.0)
    assert measured([times], 1.0).marks == "M100 10H196"
    assert measured([times.model_copy(update={"samples": ()})], 1.0).marks == ""


@pytest.mark.parametrize(
    ("time", "text"), [(0.0003, "0.3 ms"), (0.02, "20 ms"), (1.234, "1.23 s"), (float("inf"), "–")]
)
def test_times_in_words(time: float, text: str) -> None:
    assert seconds(time) == text


def test_quantiles() -> None:
    assert [quantile([1, 2, 3, 4], part) for part in (0.0, 0.5, 0.95, 1.0)] == [1, 2, 4, 4]


@pytest.mark.parametrize(
    ("text", "name"), [("hosts/no-host", "hosts--no-host"), ("traefik 3.7.15", "traefik-3.7.15"), ("a", "a")]
)
def test_plain_names_stay_as_they_are(text: str, name: str) -> None:
    assert file_name(text) == name


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "/", "../../etc/passwd", "CON", "nul.html", "a" * 300, "ä", "A", "x\0y", "\ud800", "-", "a/../b"],
)
def test_any_text_gets_a_safe_name(text: str) -> None:
    name = file_name(text)
    assert re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,79}", name)
    assert ".." not in name
    assert name.partition(".")[0] not in {"con", "nul"}


def test_no_two_texts_share_a_name() -> None:
    names = file_names(["a/b", "a--b", "A/b", "a b", "a-b", file_name("A/b")])
    assert len(set(names.values())) == 6


@pytest.mark.parametrize("text", ["https://example.test/a#b?c=d", "http://10.0.0.1:8080", "https://x.test?q"])
def test_web_addresses_are_links(text: str) -> None:
    assert safe_link(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " https://x.test",
        "https://x.test/\nx",
        "data:text/html,x",
        "//x.test",
        "https://user@x.test/",
        "file:///etc/passwd",
        "https://" + "x" * 2000,
        "",
    ],
)
def test_nothing_else_is_a_link(text: str) -> None:
    assert safe_link(text) == ""


def test_what_cannot_be_seen_is_shown() -> None:
    assert visible("a\u202eb\x00\x1b[31m\nc") == "a\\u202eb\\x00\\x1b[31m\nc"
    assert visible("ä ✓") == "ä ✓"


def test_every_word_of_the_closed_lists_is_explained() -> None:
    assert set(words.REASON_TEXTS) == set(Reason)
    assert set(words.VERDICT_TEXTS) == set(words.SIGNS) == set(words.LETTERS) == set(words.WORST_FIRST) == set(Verdict)
    assert set(words.LEVEL_TEXTS) == set(Level)
    assert len(set(words.LETTERS.values())) == len(Verdict)
