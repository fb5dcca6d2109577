"""The site in Chromium, of runs that were compared with ingress-nginx: queries, words, what a move changes."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.report.model import Parity
from conformance.tests.reports import case_record, report
from conformance.tests.rich_report import named
from conformance.tests.site_reports import compared
from conformance.tests.site_visit import Visit, made, visit
from conformance.tests.test_e2e_site import ask

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.e2e

CASES = {
    "nginx/guard": ((Parity.SAME, False), (Parity.IGNORED, True)),
    "nginx/size": ((Parity.DIFFERS, False), (Parity.DIFFERS, True)),
    "nginx/lost": ((Parity.SAME, False), (Parity.REFUSED, False)),
    "nginx/other": ((Parity.IGNORED, False), (Parity.DIFFERS, False)),
    "nginx/both": ((Parity.SAME, False), (Parity.SAME, False)),
    "nginx/found": ((Parity.IGNORED, False), (Parity.SAME, False)),
}
"""The words of two runs, and whether the case is open in them."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = []
    for place, name in enumerate(("one", "two")):
        words = {case_id: words[place] for case_id, words in CASES.items()}
        cases = (compared(case_id, word, fail_open=opened) for case_id, (word, opened) in words.items())
        runs.append(named(report(case_record("hosts/open"), *cases), name))
    return made(tmp_path_factory.mktemp("site") / "site", *runs)


@pytest.fixture
def at(chromium: "Browser", folder: Path) -> Iterator[Visit]:
    with visit(chromium, folder) as visiting:
        yield visiting


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("parity:same", ["nginx/both", "nginx/found", "nginx/guard", "nginx/lost"]),
        ("parity:ignored", ["nginx/found", "nginx/guard", "nginx/other"]),
        ("parity:ignored,refused", ["nginx/found", "nginx/guard", "nginx/lost", "nginx/other"]),
        ("parity:open", ["nginx/guard", "nginx/size"]),
        ("parity:open parity:ignored", ["nginx/guard"]),
        ("parity:OPEN controller:one", []),
        ("controller:one parity:differs", ["nginx/size"]),
        ("level:parity -parity:same", ["nginx/other", "nginx/size"]),
        ("level:parity is:same", ["nginx/both"]),
        ("status:fail", ["nginx/found", "nginx/guard", "nginx/lost", "nginx/other", "nginx/size"]),
    ],
)
def test_queries_know_the_words(at: Visit, query: str, found: list[str]) -> None:
    page = at.open("index.html")
    assert ask(page, query) == sorted(found)
    assert page.locator("#problem").inner_text() == ""


def test_another_word_is_told(at: Visit) -> None:
    page = at.open("index.html")
    ask(page, "parity:equal")
    assert "known: same, differs, ignored, refused, open" in page.locator("#problem").inner_text()


def test_words_have_buttons_of_their_own_in_a_bar_that_holds_them(at: Visit) -> None:
    page = at.open("index.html")
    words = page.get_by_role("group", name="Compared with ingress-nginx")
    words.get_by_role("button", name="open").click()
    assert page.locator("#q").input_value() == "parity:open"
    for width in (1440, 1000, 920, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("(bar => bar.scrollHeight <= bar.clientHeight)(document.querySelector('.filter'))")


def test_the_matrix_says_the_words_and_what_is_open_without_scripts(chromium: "Browser", folder: Path) -> None:
    with visit(chromium, folder, java_script_enabled=False) as visiting:
        page = visiting.open("index.html")
        cells = page.locator("tr[data-i='nginx/guard'] td")
        assert cells.all_inner_texts() == ["same", "ignored, open"]
        counts = page.locator("tbody.levels tr").last.locator("td").last.inner_text()
        assert counts.split() == ["2", "same", "2", "differs", "1", "ignored", "1", "refused", "2", "open"]
        page = visiting.open("case/nginx--guard.html")
        assert page.locator(".loud").inner_text().startswith("Open with two: ")


def test_a_move_shows_first_what_opens_and_takes_another_word_for_a_change(at: Visit) -> None:
    page = at.open("migrate.html", "from=one-1.0&to=two-1.0")
    shown = {
        part.get_attribute("id"): part.locator("tbody small").first.inner_text().split(" ")[0]
        for part in page.locator("#result section:has(tbody)").all()
    }
    assert list(shown) == ["open", "parity", "unlike", "better"]
    assert shown == {"open": "nginx/size", "parity": "nginx/lost", "unlike": "nginx/other", "better": "nginx/found"}
    opened = [row.locator("td b").all_inner_texts() for row in page.locator("#open tbody tr").all()]
    # A word that says why needs no reason beside it.
    assert page.locator("#open tbody tr").last.locator("td").last.locator("span").count() == 0
    assert opened == [["differs", "differs, open"], ["same", "ignored, open"]]
    says = "3 of 7 cases break (0 core, 2 open what is shut), 1 behave differently"
    assert says in page.locator("#summary").inner_text()
    assert at.violations() == []
    page.get_by_role("button", name="Swap").click()
    assert page.locator("#open").count() == 0
