"""The pages as bytes: the same each time, nothing hostile comes through, every link leads somewhere, small enough."""

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import PurePosixPath

import pytest
from lxml import html

from conformance.case.model import Level
from conformance.case.statements import load_statements
from conformance.report.model import CaseRecord, Parity, Report
from conformance.site.pages import ASSETS, site
from conformance.tests.reports import case_record, report
from conformance.tests.rich_report import named, perfect, rich
from conformance.tests.site_reports import PAYLOADS, compared, everything, hostile, unjudged

SCRIPTS = {"early.js", "page.js", "query.js", "matrix.js", "migrate.js"}
HIDDEN_AWAY = re.compile(r"alert\(\d\)|evil\.test|onerror|onload")


def pages(*reports: Report) -> dict[str, bytes]:
    return dict(site(reports, load_statements()))


@cache
def evil(kind: str) -> dict[str, bytes]:
    return pages(hostile(PAYLOADS[kind]), hostile(PAYLOADS[kind]))


def elements(page: bytes) -> Iterable[html.HtmlElement]:
    return html.document_fromstring(page.decode()).iter(html.etree.Element)


def test_same_reports_same_bytes_in_whatever_order() -> None:
    one, two = named(rich(), "one"), named(everything(), "two")
    assert pages(one, two) == pages(two, one)


def test_the_page_of_a_run_tells_what_it_was_made_of() -> None:
    page = pages(named(rich(), "one"))["controller/one-1.0.html"].decode()
    text = " ".join("".join(map(str, html.document_fromstring(page).itertext())).split())
    assert "proxywheel demo-proxy 2.1" in text
    assert "revision abc123-dirty" in text


def test_no_page_tells_when_it_was_made() -> None:
    later = [page for page in pages(perfect()).values() if re.search(rb"20(2[6-9]|3\d)-\d\d-\d\d", page)]
    assert all(b"2026-01-01" in page for page in later)


@pytest.mark.parametrize("kind", PAYLOADS)
def test_nothing_hostile_becomes_an_element_an_attribute_or_a_link(kind: str) -> None:
    for name, page in evil(kind).items():
        if not name.endswith(".html"):
            continue
        for element in elements(page):
            where = f"{name}: {html.tostring(element)[:200]!r}"
            assert element.tag not in {"img", "iframe", "object", "embed", "base", "style", "textarea"}, where
            for attribute, value in element.items():
                assert not attribute.startswith("on"), where
                assert attribute != "style", where
                if attribute in {"href", "src"}:
                    assert re.match(r"(https?://[^\s\"'<>\\]*$)|([\w./-]+(#.*)?$)|(#\w+$)", value), where
            if element.tag == "script":
                assert element.get("id") == "data" or PurePosixPath(element.get("src", "")).name in SCRIPTS, where
            if element.tag == "link":
                assert not HIDDEN_AWAY.search(str(element.get("href"))), where


@pytest.mark.parametrize("kind", PAYLOADS)
def test_the_payloads_are_there_as_text(kind: str) -> None:
    # Otherwise the test above would look at pages that show nothing.
    shown = [name for name, page in evil(kind).items() if name.endswith(".html") and b"alert(1)" in page]
    assert len(shown) >= len([name for name in evil(kind) if name.startswith(("case/", "controller/"))])


@pytest.mark.parametrize("kind", PAYLOADS)
def test_what_twins_say_is_among_the_payloads(kind: str) -> None:
    shown = [page for name, page in evil(kind).items() if name.startswith("case/") and b"<i>Twin</i>" in page]
    assert len(shown) == len(Parity)


@pytest.mark.parametrize("kind", PAYLOADS)
def test_nothing_invisible_or_turned_round_comes_through(kind: str) -> None:
    for name, page in evil(kind).items():
        assert not re.search(
            "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", page.decode()
        ), name


@pytest.mark.parametrize("kind", PAYLOADS)
def test_file_names_are_safe(kind: str) -> None:
    for name in evil(kind):
        assert re.fullmatch(r"((case|controller|assets)/)?[a-z0-9][a-z0-9._-]{0,85}", name)
        assert ".." not in name


def test_every_link_leads_somewhere() -> None:
    made = pages(named(rich(), "one"), named(everything(), "two"))
    ids = {
        name: {element.get("id") for element in elements(page)} for name, page in made.items() if name.endswith(".html")
    }
    for name in ids:
        for element in elements(made[name]):
            target = element.get("href") or element.get("src")
            if target is None or target.startswith("http"):
                continue
            path, _, fragment = target.partition("#")
            goal = (PurePosixPath(name).parent / path).as_posix() if path else name
            goal = re.sub(r"^\w+/\.\./", "", goal)
            assert goal in made, f"{name}: {target}"
            if fragment and not fragment.startswith("from="):
                assert fragment in ids[goal], f"{name}: {target}"


def test_every_page_forbids_what_it_does_not_need() -> None:
    for name, page in pages(perfect()).items():
        if name.endswith(".html"):
            text = page.decode()
            assert "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'" in text, name
            assert "unsafe" not in text, name
            assert not re.search(r"(src|href)=\"?(https?:)?//", re.sub(r"<a [^>]*>", "", text)), name


def test_migration_data_tells_every_case_of_every_run() -> None:
    made = pages(named(rich(), "one"), named(perfect(), "two"))
    script = next(element for element in elements(made["migrate.html"]) if element.get("id") == "data")
    data = json.loads(script.text or "")
    assert [label for _, label in data["columns"]] == ["one 1.0", "two 1.0"]
    cases = {case[0]: case[5] for case in data["cases"]}
    assert cases["hosts/wrong"][0][:2] == ["f", "no-match"]
    assert cases["hosts/wrong"][1] == 0
    assert cases["hosts/one"] == [0, 1]


def test_unknown_statements_and_empty_cases_have_pages() -> None:
    made = pages(rich())
    assert b"tls/broken" in made["case/tls--broken.html"]
    assert b"refused by the API server" in made["case/tls--broken.html"]


def test_what_the_cases_are_held_against_is_told_and_linked_by_its_name() -> None:
    """The documents of ingress-nginx are no specification."""
    written = case_record("hosts/x", spec_url="https://example.test/spec")
    compared = [case_record(f"ingress-nginx/{n}", level=Level.PARITY, statements=("N-A13",)) for n in "abc"]
    for cases, says in [
        ([written, *compared], "1 case from the Ingress specification and 3 of what ingress-nginx does, each judged"),
        ([written], "1 case from the Ingress specification, each judged"),
        (compared, "3 cases of what ingress-nginx does, each judged"),
        ([], "0 cases from the Ingress specification, each judged"),
    ]:
        assert says in pages(report(*cases))["index.html"].decode()
    made = pages(report(written, *compared))
    assert "the specification</a>" in made["case/hosts--x.html"].decode()
    linked = made["case/ingress-nginx--a.html"].decode()
    assert "the documents of ingress-nginx</a>" in linked
    assert "the specification</a>" not in linked


def test_what_is_open_is_said_in_words_before_anything_else_of_the_case() -> None:
    made = pages(report(compared("ingress-nginx/x", Parity.IGNORED, fail_open=True)))
    assert "<td class=po>ignored, open" in made["index.html"].decode()
    text = "".join(map(str, html.document_fromstring(made["case/ingress-nginx--x.html"].decode()).itertext()))
    said = [text.index(words) for words in ("Open with demo", "Every probe is answered as if", "What was seen", "Twin")]
    assert said == sorted(said)
    controller = made["controller/demo-1.0.html"].decode()
    assert "What ingress-nginx does otherwise" in controller
    assert "Open where ingress-nginx is shut, in 1 case:" in controller
    assert "What does not pass" not in controller


def test_two_runs_of_one_version_with_other_cases_do_not_call_each_other_missing() -> None:
    made = pages(
        report(case_record("hosts/x")),
        report(compared("ingress-nginx/x", Parity.SAME)),
        named(report(case_record("hosts/x")), "other"),
    )
    assert "Not run" not in made["case/hosts--x.html"].decode()
    assert "Not run: other." in made["case/ingress-nginx--x.html"].decode()
    assert ">to other 1.0</a>" in made["controller/demo-1.0.html"].decode()
    # They have no case in common, so there is nothing to compare.
    assert "Compare</h2>" not in made["controller/demo-1.0-parity.html"].decode()
    assert "<th scope=row>core</th>" not in made["controller/demo-1.0-parity.html"].decode()
    assert "<span>1.0 parity</span>" in made["controller/demo-1.0-parity.html"].decode()
    assert "run --cluster local --level parity demo" in made["controller/demo-1.0-parity.html"].decode()


def test_a_word_that_changed_from_version_to_version_is_a_change_and_worse_where_it_opens() -> None:
    old, new = (
        report(compared("n/x", Parity.DIFFERS), compared("n/y", Parity.DIFFERS)),
        report(compared("n/x", Parity.IGNORED), compared("n/y", Parity.DIFFERS, fail_open=True)),
    )
    newer = new.model_copy(update={"controller": new.controller.model_copy(update={"version": "2.0"})})
    page = pages(old, newer)["controller/demo-2.0.html"].decode()
    assert "differs: no-match → ignored: no-match" in page
    assert page.index("differs, open: no-match") < page.index("ignored: no-match")
    assert page.count("worse</b>") == 1


def test_what_nobody_could_judge_before_is_not_called_worse_where_it_is_open() -> None:
    old, new = report(unjudged("n/x")), report(compared("n/x", Parity.IGNORED, fail_open=True))
    newer = new.model_copy(update={"controller": new.controller.model_copy(update={"version": "2.0"})})
    page = pages(old, newer)["controller/demo-2.0.html"].decode()
    assert "error: harness → ignored, open: no-match" in page
    assert "worse</b>" not in page


def test_an_interrupted_run_is_told_on_the_first_page() -> None:
    assert b"was cut short" in pages(rich(complete=False))["index.html"]
    assert b"was cut short" not in pages(rich())["index.html"]


OTHER_CASES = b"Not all runs had the same cases"


def asking(digest: str, *cases: CaseRecord) -> Report:
    made = report(*cases)
    suite = made.suite.model_copy(update={"cases_digest": f"sha256:{digest}"})
    return named(made.model_copy(update={"suite": suite}), f"{digest}-{len(cases)}")


def test_runs_of_other_cases_are_told_on_the_first_page() -> None:
    other = rich().model_copy(update={"suite": rich().suite.model_copy(update={"cases_digest": "sha256:1"})})
    assert OTHER_CASES in pages(rich(), named(other, "x"))["index.html"]


@pytest.mark.parametrize(
    ("sets", "told"),
    [
        ({"a": "c", "b": "p"}, False),
        ({"a": "c", "b": "p", "c": "p"}, True),
        ({"a": "c", "b": "d", "c": "p"}, True),
        ({"a": "c", "b": "ce"}, True),
        ({"a": "cp", "b": "p"}, True),
        ({"a": "c", "b": "x"}, True),
    ],
    ids=["nothing-shared", "parity-differs", "the-others-differ", "fewer-levels", "parity-and-more", "another-level"],
)
def test_runs_that_share_no_level_lack_nothing_of_each_other(sets: dict[str, str], told: bool) -> None:
    cases = {
        "c": case_record("hosts/x"),
        "d": case_record("hosts/y"),
        "e": case_record("hosts/e", level=Level.EXTENDED),
        "p": compared("ingress-nginx/x", Parity.SAME),
        "x": case_record("hosts/x", level=Level.EXTENDED),
    }
    made = [asking(digest, *(cases[name] for name in names)) for digest, names in sets.items()]
    assert (OTHER_CASES in pages(*made)["index.html"]) is told


def test_versions_of_a_controller_have_a_history() -> None:
    old = perfect()
    newer = rich().model_copy(update={"controller": rich().controller.model_copy(update={"version": "2.0"})})
    both = (*old.cases, *(case.model_copy(update={"id": "hosts/one"}) for case in newer.cases[1:2]))
    newer = newer.model_copy(update={"cases": both[1:]})
    page = pages(old, newer)["controller/demo-2.0.html"].decode()
    assert "New in demo 2.0" in page
    assert "pass → fail: no-match" in page


def test_assets_are_all_there() -> None:
    made = pages(perfect())
    assert all(made[f"assets/{name}"] for name in ASSETS)
