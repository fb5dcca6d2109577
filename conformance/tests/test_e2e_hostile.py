"""A hostile controller is judged, cannot hold the run up, and harms nobody who looks at what it said."""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest

from conformance.engine.limits import Limits
from conformance.judge.probes import CONSECUTIVE
from conformance.tests.hostile_controller import KINDS
from conformance.tests.live import Outcome, begin

pytestmark = [pytest.mark.e2e, pytest.mark.nightly]

CONVERGENCE = 2.0
CASES = "exact-itself or exact-other-path or one-secret-several-hosts or unknown-name-beside or address-in-status"
SOME = {"tls-half-way", "hostile-certificate", "gigantic-certificate", "status-flood", "babble"}
ALL = [*KINDS, *sorted(SOME)]
AT_ONCE = 5

ITSELF = "path-types/exact-itself"
NO_ANSWER = ("fail", "no-answer")
PASS = ("pass", None)
EXPECTED = {
    "hostile-text": ("fail", "no-match"),
    "invalid-utf8": ("fail", "no-match"),
    "hostile-redirect": ("fail", "redirected"),
    "imitated-backend": ("fail", "wrong-backend"),
    "endless-body": ("fail", "wrong-status"),
    **dict.fromkeys(SOME, PASS),
}
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def bound(seconds_for_the_cluster: float) -> float:
    """How long a run may take by its limits, whatever a controller does, once the cluster is there.

    The cases are judged side by side, in shared objects and again in objects of their own: until the marker lives, as
    long as an answer may turn right, and as each probe needs for its observations, all of which may time out, with the
    looks at markers around them; and a second look. A minute is for the suite itself on a busy machine.
    """
    observations = 2 * CONSECUTIVE + 2
    once = Limits.marker + CONVERGENCE + observations * 2 * Limits.probe
    return seconds_for_the_cluster + 2 * (once + 2 * Limits.probe) + 60


def evil_entry(folder: Path, kind: str) -> str:
    """Write an entry for the hostile controller, and return its path."""
    path = folder / f"{kind}.yaml"
    known = (Path(__file__).parents[1] / "controllers" / "catalogue" / "reference.yaml").read_text()
    known = known.replace("name: reference\n", f"name: {kind}\n", 1)
    known = known.replace("python: conformance.reference}", "python: conformance.tests.hostile_controller}")
    path.write_text(known.replace("    - --server", f"    - --mutant={kind}\n    - --server"))
    return str(path)


class Page(HTMLParser):
    """Collects what a browser would run of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.handlers: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script" and dict(attrs).get("type") != "application/json"
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self.handlers += [
            value or "" for name, value in attrs if name in {"href", "src"} and "script:" in (value or "")
        ]

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts.append(data)
            self._inside = False


def assert_harmless(folder: Path) -> None:
    """Look at every file that was written for people or programs."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 15
    for path in files:
        assert path.stat().st_size < 3_000_000, path
        text = path.read_text(encoding="utf-8")
        assert not CONTROL.search(text), (path, CONTROL.search(text))
        if path.suffix == ".html":
            page = Page()
            page.feed(text)
            assert page.handlers == [], path
            assert not any("alert(" in script for script in page.scripts), path
        if path.suffix in {".xml", ".svg"}:
            ET.fromstring(text)


@dataclass(frozen=True)
class Made:
    """What came of all hostile controllers: the run, its folder, and what was made of the reports."""

    run: Outcome
    out: Path
    made: Path


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Judge all of them, some at once, and make everything of the reports that can be made."""
    folder = tmp_path_factory.mktemp("hostile")
    out, made = folder / "out", folder / "made"
    limits = ("--convergence", str(CONVERGENCE), "--parallel", str(AT_ONCE))
    live = begin(out, "run", *(evil_entry(folder, kind) for kind in ALL), "-k", CASES, *limits)
    outcome = live.finish(1800)
    assert live.leftovers() == []
    assert "Traceback" not in outcome.errors
    for command in (
        ["report", str(out), "--out", str(made / "site")],
        ["export", str(out), "--format", "all", "--out", str(made / "exports")],
        ["compare", *(str(out / kind / "report.json") for kind in ALL)],
    ):
        shown = begin(folder, *command).finish()
        assert shown.status == 0, shown.errors
        assert not CONTROL.search(shown.output + shown.errors)
    return Made(outcome, out, made)


@pytest.mark.parametrize("kind", ALL)
def test_it_is_judged_rightly_and_within_the_limits_of_time_and_size(everything: Made, kind: str) -> None:
    assert kind in everything.run.reports, everything.run.errors
    found = everything.run.reports[kind]
    verdicts = {case["id"]: (case["verdict"], case["reason"]) for case in found["cases"]}
    spent = found["run"]["durations"]
    assert found["run"]["complete"]
    assert spent["total"] < bound(spent["cluster"]), spent
    assert verdicts[ITSELF] == EXPECTED.get(kind, NO_ANSWER)
    assert "error" not in {verdict for verdict, _ in verdicts.values()}
    if kind in KINDS:
        # Nothing that needs a backend passes.
        assert {key for key, verdict in verdicts.items() if verdict == PASS} <= {"life-cycle/address-in-status"}
    if kind in {"gigantic-certificate", "tls-half-way"}:
        assert verdicts["tls/one-secret-several-hosts"][0] == "fail"
    report, events = (everything.out / kind / name for name in ("report.json", "events.jsonl"))
    assert report.stat().st_size + events.stat().st_size < 5_000_000
    verified = begin(everything.out, "verify", str(report), "--events", str(events)).finish()
    assert verified.status == 0, verified.output


def test_nothing_that_is_shown_or_written_does_any_harm(everything: Made) -> None:
    assert not CONTROL.search(everything.run.output + everything.run.errors)
    assert_harmless(everything.made)
    texts = sorted(everything.out.glob("*/report.txt"))
    assert len(texts) == len(ALL)
    assert not any(CONTROL.search(path.read_text()) for path in texts)
