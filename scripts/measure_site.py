"""Measures the HTML site on made-up runs: ``python scripts/measure_site.py [--controllers 10] [--cases 250]``.

Prints the size of the pages, the time to make them from report files, and how long Chromium takes from a keystroke in
the query box until the matrix is laid out again. Needs the development extras and Chromium.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from conformance.tests.browser import browser
from conformance.tests.synthetic_runs import runs

QUERIES = ("status:fail", "level:core is:different", "controller:traefik", "odd-kind 12", "-status:pass", "")
# From the event until what is on the screen is laid out (reading a box's height forces it), and until all rows are.
FILTER = """async query => {
    const box = document.getElementById('q');
    box.value = query;
    const start = performance.now();
    box.dispatchEvent(new Event('input'));
    document.body.offsetHeight;
    const first = performance.now() - start;
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    document.body.offsetHeight;
    return [first, performance.now() - start];
}"""


def main() -> None:
    """Make the runs, make the site, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--controllers", type=int, default=10)
    parser.add_argument("--cases", type=int, default=250)
    parser.add_argument("--out", type=Path, help="where the site is kept (default: nowhere)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        reports = Path(folder) / "runs"
        for place, report in enumerate(runs(given.controllers, given.cases)):
            (reports / str(place)).mkdir(parents=True)
            (reports / str(place) / "report.json").write_text(report.to_json(), encoding="utf-8")
        measured = figures(reports, given.out or Path(folder) / "site")
    print(json.dumps(measured, indent=1))


def figures(reports: Path, out: Path) -> dict[str, object]:
    """Return sizes in bytes, times in seconds, and reactions in milliseconds."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "conformance", "report", str(reports), "--out", str(out)], check=True)
    took = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    files = [file for file in out.rglob("*") if file.is_file()]
    return {
        "reports": sum(file.stat().st_size for file in reports.rglob("report.json")),
        "files": len(files),
        "bytes": sum(file.stat().st_size for file in files),
        "index.html": (out / "index.html").stat().st_size,
        "migrate.html": (out / "migrate.html").stat().st_size,
        "case pages": sum(file.stat().st_size for file in (out / "case").iterdir()),
        "controller pages": sum(file.stat().st_size for file in (out / "controller").iterdir()),
        "seconds, whole command": round(took, 2),
        "seconds of a core": round(used.ru_utime + used.ru_stime, 2),
        "memory, MB": used.ru_maxrss // 1024,
        "filter, ms: screen, all rows": dict(reactions(out)),
    }


def reactions(out: Path) -> Iterator[tuple[str, list[float]]]:
    """Yield each query with its slowest reaction of three: the screen, and all rows."""
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 1440, "height": 900})
        page.goto((out / "index.html").absolute().as_uri())
        for query in QUERIES:
            times = []
            for _ in range(3):
                times.append(page.evaluate(FILTER, query))
                page.evaluate(FILTER, "no such text")
            yield query, [round(max(column), 1) for column in zip(*times, strict=True)]


if __name__ == "__main__":
    main()
