"""The formats by name, and the files that each writes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from conformance.export.allure import allure
from conformance.export.badges import badges
from conformance.export.gateway_shape import conformance_reports
from conformance.export.junit import junit
from conformance.export.markdown import markdown
from conformance.export.openmetrics import openmetrics
from conformance.export.shields import shields
from conformance.export.sources import Source
from conformance.export.tables import tables

Files = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Format:
    """A format: what it is for, the folder of its files ("" for the top one), and how they are made.

    ``single`` is true where it is one text, which can go to standard output. ``owns`` ends the names of files that an
    earlier export of other reports may have left in the folder, and that would be taken for results of this one.
    """

    what: str
    folder: str
    write: Callable[[Sequence[Source]], Files]
    single: bool = False
    owns: str = ""


def _one(name: str, write: Callable[[Sequence[Source]], str]) -> Callable[[Sequence[Source]], Files]:
    return lambda sources: [(name, write(sources))]


FORMATS: Mapping[str, Format] = {
    "junit": Format("JUnit XML, for CI systems", "", _one("junit.xml", junit), single=True),
    "allure": Format(
        "Allure results: `allure generate DIR/allure-results`", "allure-results", allure, owns="-result.json"
    ),
    "markdown": Format("a short summary, for a GitHub step", "", _one("summary.md", markdown), single=True),
    "conformance": Format("ConformanceReport YAML, shaped as Gateway API's", "", conformance_reports),
    "badge": Format("SVG badges, for a README", "badges", badges),
    "shields": Format("shields.io endpoints", "shields", shields),
    "csv": Format("tables: a row a case, a row a probe", "", tables),
    "openmetrics": Format("metrics, for Prometheus", "", _one("metrics.txt", openmetrics), single=True),
}
