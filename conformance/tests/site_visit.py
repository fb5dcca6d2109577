"""Visiting a site in Chromium, with everything noticed that must not happen."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.case.statements import load_statements
from conformance.report.model import Report
from conformance.site.pages import site
from conformance.site.writing import write_site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


class Visit:
    """A page of a site that is open. ``noticed`` holds dialogs, errors, console messages and outside requests."""

    def __init__(self, page: "Page", folder: Path) -> None:
        self.page, self.folder = page, folder
        self.noticed: list[str] = []
        page.on("dialog", self._dialog)
        page.on("pageerror", lambda error: self.noticed.append(f"error: {error}"))
        page.on("console", lambda message: self.noticed.append(f"console: {message.text}"))
        page.on("request", lambda request: self._request(request.url))
        page.on("popup", lambda popup: self.noticed.append(f"popup: {popup.url}"))

    def open(self, name: str, state: str = "") -> "Page":
        """Open a page of the site; ``state`` is what stands behind the #."""
        address = (self.folder / name).as_uri()
        # Another state alone is no new page: the browser would stay on the one that is open.
        self.page.goto("about:blank")
        self.page.goto(f"{address}#{state}" if state else address)
        return self.page

    def unfold(self) -> None:
        """Open everything that is folded on the page that is open."""
        self.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")

    def violations(self) -> list[str]:
        """Return what axe-core has to say against the page that is open."""
        source = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
        self.page.evaluate(source)
        # Without preload: it would fetch the style sheet, which no page may.
        found: list[dict[str, Any]] = self.page.evaluate(
            "axe.run(document, {preload: false}).then(result => result.violations)"
        )
        return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]

    def _dialog(self, dialog: Any) -> None:
        self.noticed.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, url: str) -> None:
        if url != "about:blank" and not url.startswith(self.folder.as_uri()):
            self.noticed.append(f"request: {url}")


@contextmanager
def visit(browser: "Browser", folder: Path, **context: Any) -> Iterator[Visit]:
    """Open a window on a site. ``context`` are options of the window, such as color_scheme.

    Raises:
        AssertionError: something was noticed that must not happen.
    """
    opened = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **context})
    try:
        visiting = Visit(opened.new_page(), folder)
        yield visiting
        assert not visiting.noticed
    finally:
        opened.close()


def made(folder: Path, *reports: Report) -> Path:
    """Make the site of these reports."""
    write_site(site(reports, load_statements()), folder)
    return folder
