"""The site in Chromium: queries, state in the address, keys, copying, migration."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.case.model import Level
from conformance.judge.words import Reason, Verdict
from conformance.report.model import Expected, Finding, Observed, Report
from conformance.tests.reports import case_record, probe_record, report
from conformance.tests.rich_report import named
from conformance.tests.site_visit import Visit, made, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.e2e

POISON = Finding(kind="poison", detail="an older Ingress is no longer served")


def recorded(outcome: str) -> Report:
    probe = probe_record(expected=Expected(outcome="record"), observed=Observed(outcome=outcome))
    return report(case_record("hosts/open", level=Level.OBSERVED, probes=(probe,)))


def runs() -> tuple[Report, ...]:
    """Three runs: one and two disagree in most cases, and old is an earlier version of one."""
    one = report(
        case_record("hosts/same", statements=("H01",)),
        case_record("hosts/breaks", title="A wildcard of odd kind"),
        case_record("hosts/wrong", Verdict.FAIL, statements=("H02",)),
        case_record("paths/optional", level=Level.EXTENDED),
        case_record("paths/heals", Verdict.FAIL, findings=(POISON,)),
        *recorded("a").cases,
    )
    two = report(
        case_record("hosts/same", statements=("H01",)),
        case_record("hosts/breaks", Verdict.FAIL, title="A wildcard of odd kind", reason=Reason.UNSTABLE),
        case_record("hosts/wrong", Verdict.FAIL, statements=("H02",)),
        case_record("paths/optional", Verdict.UNSUPPORTED, level=Level.EXTENDED),
        case_record("paths/heals"),
        case_record("paths/new", Verdict.ERROR, reason=Reason.HARNESS),
        *recorded("b").cases,
    )
    old = report(case_record("hosts/same", statements=("H01",)), *recorded("a").cases)
    older = old.model_copy(update={"controller": old.controller.model_copy(update={"version": "0.9"})})
    return named(one, "one"), named(two, "two"), named(older, "one")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("site") / "site", *runs())


@pytest.fixture
def at(chromium: "Browser", folder: Path) -> Iterator[Visit]:
    with visit(chromium, folder, permissions=["clipboard-read", "clipboard-write"]) as visiting:
        yield visiting


def rows(page: "Page") -> list[str]:
    """The ids of the rows that can be seen, in alphabetical order."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return sorted(line.get_attribute("data-i") or "" for line in page.locator("tr[data-i]:visible").all())


def ask(page: "Page", query: str) -> list[str]:
    page.locator("#q").fill(query)
    return rows(page)


EVERY = [
    "hosts/breaks",
    "hosts/open",
    "hosts/same",
    "hosts/wrong",
    "paths/heals",
    "paths/new",
    "paths/optional",
]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status:fail", ["hosts/breaks", "hosts/wrong", "paths/heals"]),
        ("status:fail,error", ["hosts/breaks", "hosts/wrong", "paths/heals", "paths/new"]),
        ("status:error", ["paths/new"]),
        ("status:unsupported", ["paths/optional"]),
        ("status:recorded", ["hosts/open"]),
        ("status:not-run -section:paths", ["hosts/breaks", "hosts/wrong"]),
        ("-status:pass", ["hosts/open", "hosts/wrong", "paths/new"]),
        ("level:extended", ["paths/optional"]),
        ("level:core,observed section:hosts", ["hosts/breaks", "hosts/open", "hosts/same", "hosts/wrong"]),
        ("is:different", ["hosts/breaks", "hosts/open", "paths/heals", "paths/optional"]),
        ("is:same", ["hosts/same", "hosts/wrong", "paths/new"]),
        ("controller:one status:fail", ["hosts/wrong", "paths/heals"]),
        ("-controller:two status:fail", ["hosts/wrong", "paths/heals"]),
        ("controller:two,one-1.0 is:same", ["hosts/same", "hosts/wrong", "paths/new"]),
        ("controller:one is:different", []),
        ("id:wrong", ["hosts/wrong"]),
        ("statement:h02", ["hosts/wrong"]),
        ("statement:h0", []),
        ("reason:unstable", ["hosts/breaks"]),
        ("finding:poison", ["paths/heals"]),
        ("wildcard", ["hosts/breaks"]),
        ('"wildcard of odd"', ["hosts/breaks"]),
        ("wildcard -odd", []),
        ("STATUS:FAIL Wildcard", ["hosts/breaks"]),
        ("level:core -status:fail", ["hosts/same", "paths/new"]),
    ],
)
def test_queries(at: Visit, query: str, found: list[str]) -> None:
    page = at.open("index.html")
    assert ask(page, query) == found
    assert page.locator("#shown").inner_text() == f"{len(found)} of 7 cases"
    assert page.locator("#problem").inner_text() == ""
    assert page.locator("p.none").is_visible() == (not found)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("status:wrong", "“status:wrong” is unknown"),
        ("colour:red", "“colour:” is no key"),
        ("level:", "“level:” needs a value"),
        ("controller:nobody", "no controller has such a name"),
    ],
)
def test_a_query_that_cannot_be_meant_is_told(at: Visit, query: str, says: str) -> None:
    page = at.open("index.html")
    ask(page, query)
    assert says in page.locator("#problem").inner_text()


def test_what_is_the_same_everywhere_is_folded(at: Visit) -> None:
    page = at.open("index.html")
    assert rows(page) == [row for row in EVERY if row != "hosts/same"]
    fold = page.get_by_role("button", name="1 pass everywhere")
    assert fold.get_attribute("aria-expanded") == "false"
    fold.click()
    assert rows(page) == EVERY
    assert page.url.endswith("#open=hosts")
    fold.click()
    assert "hosts/same" not in rows(page)
    assert "#" not in page.url


def test_state_is_in_the_address_both_ways(at: Visit) -> None:
    page = at.open("index.html", "q=status%3Afail+level%3Acore")
    assert page.locator("#q").input_value() == "status:fail level:core"
    assert rows(page) == ["hosts/breaks", "hosts/wrong", "paths/heals"]
    ask(page, 'id:"wrong" &=#%')
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    assert page.locator("#q").input_value() == 'id:"wrong" &=#%'


def test_the_address_can_be_changed_by_hand(at: Visit) -> None:
    page = at.open("index.html", "q=id%3Awrong")
    page.evaluate("location.hash = 'q=id%3Anew'")
    page.wait_for_function("document.getElementById('q').value === 'id:new'")
    assert rows(page) == ["paths/new"]


def test_chips_and_the_query_are_one(at: Visit) -> None:
    page = at.open("index.html")
    chip = page.locator(".chips").get_by_role("button", name="fail", exact=True)
    chip.click()
    page.locator(".chips").get_by_role("button", name="error").click()
    assert page.locator("#q").input_value() == "status:fail,error"
    assert chip.get_attribute("aria-pressed") == "true"
    chip.click()
    assert page.locator("#q").input_value() == "status:error"
    page.locator(".chips").get_by_role("button", name="Differences only").click()
    assert page.locator("#q").input_value() == "is:different status:error"
    page.get_by_role("button", name="Clear the query").click()
    assert page.locator("#q").input_value() == ""


def test_columns_are_chosen_by_the_query(at: Visit) -> None:
    page = at.open("index.html")
    ask(page, "controller:two")
    assert page.locator("thead th:visible").all_inner_texts()[1:] == ["two 1.0"] or "two" in (
        page.locator("thead th:visible").nth(1).inner_text()
    )
    assert page.locator("thead th:visible").count() == 2
    assert page.locator("tr[data-i='hosts/wrong'] td:visible").count() == 1
    ask(page, "")
    assert page.locator("thead th:visible").count() == 4


def test_keys(at: Visit) -> None:
    page = at.open("index.html")
    focused = "document.activeElement.closest('tr')?.dataset.i || document.activeElement.id"
    page.keyboard.press("/")
    assert page.evaluate(focused) == "q"
    page.keyboard.type("section:paths j")
    assert page.locator("#q").input_value() == "section:paths j"
    page.keyboard.press("Escape")
    assert page.locator("#q").input_value() == ""
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    first = page.evaluate(focused)
    page.keyboard.press("ArrowDown")
    second = page.evaluate(focused)
    page.keyboard.press("k")
    assert page.evaluate(focused) == first != second
    page.keyboard.press("d")
    assert page.locator("#q").input_value() == "is:different"
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()
    assert page.locator("#q").input_value() == "is:different"
    page.keyboard.press("j")
    goal = page.evaluate(focused)
    page.keyboard.press("Enter")
    page.wait_for_url("**/case/*")
    assert goal in page.locator(".crumb").inner_text()


def test_a_cell_leads_to_the_case_and_marks_its_run(at: Visit) -> None:
    page = at.open("index.html")
    page.locator("tr[data-i='hosts/breaks'] td").nth(2).click()
    page.wait_for_url("**/case/hosts--breaks.html#two-1.0")
    assert page.locator(".verdicts a.meant").all_inner_texts() == ["two"]


def test_the_way_back_keeps_the_query(at: Visit) -> None:
    page = at.open("index.html", "q=id%3Awrong")
    page.locator("tr[data-i]:visible a").click()
    page.wait_for_url("**/case/*")
    page.locator(".crumb a").click()
    page.wait_for_url("**/index.html#q=id%3Awrong")
    assert page.locator("#q").input_value() == "id:wrong"


def test_the_curl_line_is_copied_as_it_is(at: Visit) -> None:
    page = at.open("case/hosts--wrong.html")
    probes = page.locator("details")
    button = probes.get_by_role("button", name=re.compile("^Copy the line"))
    button.first.click()
    button.filter(has_text="Copied").wait_for()
    line = probes.locator("pre.copy").first.inner_text()
    assert page.evaluate("navigator.clipboard.readText()") == line
    assert line.startswith("curl -sS")


def test_case_pages_are_turned_by_keys(at: Visit) -> None:
    page = at.open("case/hosts--wrong.html")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("n")
    page.wait_for_function("!location.href.includes('hosts--wrong')")
    page.keyboard.press("p")
    page.wait_for_url("**/case/hosts--wrong.html")
    page.keyboard.press("u")
    page.wait_for_url("**/index.html")


def test_colours_follow_the_toggle_and_are_remembered(at: Visit) -> None:
    page = at.open("index.html")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    toggle = page.get_by_role("button", name="Colours")
    toggle.click()
    toggle.click()
    assert toggle.inner_text() == "Dark"
    dark = page.evaluate(ground)
    assert dark != light
    page = at.open("case/hosts--wrong.html")
    assert page.evaluate(ground) == dark


def test_migration_shows_the_worst_first(at: Visit) -> None:
    page = at.open("migrate.html", "from=one-1.0&to=two-1.0")
    assert [part.get_attribute("id") for part in page.locator("#result section").all()] == [
        "core",
        "extended",
        "observed",
        "better",
        "unknown",
        "same",
    ]
    assert page.locator("#core tbody th a").all_inner_texts() == ["A wildcard of odd kind"]
    assert "2 of 7 cases break (1 core)" in page.locator("#summary").inner_text()
    page.locator("#same summary").click()
    page.locator("#same tbody tr").first.wait_for()
    assert page.locator("#same tbody tr").count() == 2
    page.get_by_role("button", name="Swap").click()
    assert page.url.endswith("#from=two-1.0&to=one-1.0")
    assert "1 of 7 cases break (1 core)" in page.locator("#summary").inner_text()
    page.locator("#to").select_option("one-0.9")
    assert page.url.endswith("#from=two-1.0&to=one-0.9")
    assert page.locator("#unknown .number").inner_text() == "5"
    page.locator("#from").select_option("one-0.9")
    assert page.locator("#summary").inner_text() == "Pick two different runs."


def test_what_was_recorded_and_now_fails_breaks(chromium: "Browser", tmp_path: Path) -> None:
    one = named(recorded("a"), "one")
    dead = case_record("hosts/open", Verdict.FAIL, level=Level.OBSERVED, reason=Reason.NOT_PROGRAMMED)
    with visit(chromium, made(tmp_path / "site", one, named(report(dead), "two"))) as visiting:
        page = visiting.open("migrate.html", "from=one-1.0&to=two-1.0")
        assert page.locator("#recorded tbody th a").count() == 1
        assert page.locator("#summary").inner_text().startswith("1 of 1 cases break (0 core), ")
        page.get_by_role("button", name="Swap").click()
        assert page.locator("#better tbody th a").count() == 1
        assert "1 get right" in page.locator("#summary").inner_text()


def test_without_scripts_the_matrix_is_whole(chromium: "Browser", folder: Path) -> None:
    with visit(chromium, folder, java_script_enabled=False) as visiting:
        page = visiting.open("index.html")
        assert page.locator("tr[data-i]:visible").count() == len(EVERY)
        assert not page.locator(".filter").is_visible()
        assert visiting.open("case/hosts--wrong.html").locator("pre.copy").first.is_visible()


def test_what_was_not_asked_alike_is_neither_broken_nor_mended_by_a_move(chromium: "Browser", tmp_path: Path) -> None:
    old = named(report(case_record("hosts/x", Verdict.FAIL, Level.EXTENDED), case_record("hosts/y")), "old")
    new = named(recorded("a"), "new")
    same = case_record("hosts/x", level=Level.OBSERVED)
    new = new.model_copy(
        update={
            "cases": (same, case_record("hosts/y")),
            "suite": new.suite.model_copy(update={"cases_digest": "sha256:other"}),
            "run": new.run.model_copy(update={"started": "2026-02-01T00:00:00+00:00"}),
        }
    )
    with visit(chromium, made(tmp_path / "site", old, new)) as visiting:
        for way in ("from=old-1.0&to=new-1.0", "from=new-1.0&to=old-1.0"):
            page = visiting.open("migrate.html", way)
            assert page.locator("#summary").inner_text() == (
                "0 of 2 cases break (0 core), 0 behave differently, 0 get right, 1 stay the same, 1 are not known."
            )
            page.locator("#unknown summary").click()
            assert "judged by another text of the case" in page.locator("#unknown table").inner_text()


def test_on_a_phone_each_cell_of_a_move_names_its_run(chromium: "Browser", folder: Path) -> None:
    with visit(chromium, folder, viewport={"width": 390, "height": 800}) as visiting:
        page = visiting.open("migrate.html", "from=one-1.0&to=two-1.0")
        said = page.locator("#core td").evaluate_all("all => all.map(one => getComputedStyle(one, '::before').content)")
        assert said == ['"one 1.0"', '"two 1.0"']


def test_the_page_of_a_run_says_its_counts_in_words_for_it_has_no_legend(at: Visit) -> None:
    words = at.open("controller/two-1.0.html").locator(".counts .v")
    assert words.count() > 0
    assert all((word.bounding_box() or {"width": 0})["width"] > 10 for word in words.all())


def test_the_matrix_of_eight_runs_fits_on_paper(chromium: "Browser", tmp_path: Path) -> None:
    eight = [named(recorded("a"), name) for name in "abcdefgh"]
    with visit(chromium, made(tmp_path / "site", *eight), viewport={"width": 720, "height": 1000}) as visiting:
        page = visiting.open("index.html")
        page.emulate_media(media="print")
        assert page.evaluate("document.documentElement.scrollWidth") <= 720


def test_without_scripts_the_migration_view_has_no_fields_that_do_nothing(chromium: "Browser", folder: Path) -> None:
    with visit(chromium, folder, java_script_enabled=False) as visiting:
        assert visiting.open("migrate.html").locator("form.pick").is_hidden()
