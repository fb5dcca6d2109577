"""Takes a picture of the HTML site: ``python scripts/site_picture.py docs/site.png REPORTS…``.

REPORTS are report.json files or folders, of real runs. Needs the development extras and Chromium. How letters look
depends on the fonts of the machine.
"""

import argparse
import tempfile
from pathlib import Path

from conformance.case.statements import load_statements
from conformance.report.reading import read_reports
from conformance.site.pages import site
from conformance.site.writing import write_site
from conformance.tests.browser import browser


def main() -> None:
    """Make the site, take the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("png", type=Path)
    parser.add_argument("reports", type=Path, nargs="+")
    parser.add_argument("--page", default="index.html", help="page of the site, with its state (default: index.html)")
    parser.add_argument("--width", type=int, default=1200)
    parser.add_argument("--height", type=int, default=760)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_site(
            site([file.report for file in read_reports(given.reports)], load_statements()), Path(folder) / "site"
        )
        with browser() as chromium:
            page = chromium.new_page(viewport={"width": given.width, "height": given.height}, color_scheme="light")
            page.goto(f"{(Path(folder) / 'site').as_uri()}/{given.page}")
            page.screenshot(path=given.png)


if __name__ == "__main__":
    main()
