"""What the measuring scripts conclude from reports and logs; the runs themselves are other tests' business."""

import importlib.util
import json
import sys
import threading
import time
from pathlib import Path
from types import ModuleType

import pytest

from conformance.case.model import Level
from conformance.errors import BadInput
from conformance.judge.words import Verdict
from conformance.report.fold import report_of
from conformance.report.model import CaseRecord, Parity, Report
from conformance.tests.reports import case_record, events_of

ASKED = {"controller": "x", "runs": 2, "ways": ["", "--isolate"], "options": [], "code": "1"}
SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"

pytestmark = pytest.mark.skipif(not (SCRIPTS / "repeat.py").exists(), reason="only in a checkout")


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"script_{name}", SCRIPTS / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def report(*cases: CaseRecord, observe: float = 4.0, complete: bool = True) -> Report:
    made = report_of(events_of(*cases))
    durations = made.run.durations.model_copy(update={"observe": observe, "total": observe + 6})
    return made.model_copy(update={"run": made.run.model_copy(update={"durations": durations, "complete": complete})})


class TestLinearity:
    linearity = script("linearity")

    def test_the_ratio_is_that_of_the_seconds_for_each_shared_case(self) -> None:
        cases = [case_record(f"s/{number}") for number in range(8)]
        once = self.linearity.rate(report(*cases[:2], observe=4.0))
        often = self.linearity.rate(report(*cases, observe=20.0))
        assert (once.each, often.each) == (2.0, 2.5)
        assert self.linearity.line("x", 4, once, often, 1.3) == "| x | 2 | 4 | 2.000 | 2.500 | 1.25 | 1.3 |"

    @pytest.mark.parametrize(
        "unfit", [report(case_record("s/a"), complete=False), report(case_record("s/a", placement="alone")), report()]
    )
    def test_a_run_that_shows_nothing_has_no_rate(self, unfit: Report) -> None:
        with pytest.raises(ValueError, match=r"cut short|no case shared"):
            self.linearity.rate(unfit)


class TestSlowController:
    slow = script("slow_controller")

    def test_only_core_cases_that_do_not_pass_are_named(self) -> None:
        made = report(
            case_record("s/right"),
            case_record("s/wrong", Verdict.FAIL),
            case_record("s/error", Verdict.ERROR),
            case_record("s/open", Verdict.FAIL, Level.OBSERVED),
        )
        assert self.slow.failing(made) == ["s/wrong", "s/error"]
        assert list(self.slow.lines(made, 4.5, 240))[2] == "| 4.5 | 4 | 10.0 | 2.0 | 2 | 240 |"


class TestRepeat:
    repeat = script("repeat")

    def test_runs_go_on_where_they_stopped_but_only_the_same(self, tmp_path: Path) -> None:
        self.repeat.Series(tmp_path, ASKED, 1).begin()
        line = {"run": 1, "way": 0, "seconds": 1.0, "status": 0, "changes": []}
        with (tmp_path / "runs.jsonl").open("a") as log:
            log.write(json.dumps(line) + '\n{"run": 1, "wa')
        again = self.repeat.Series(tmp_path, {**ASKED, "runs": 50}, 1)
        again.begin()
        assert again.done == {(1, 0): line}
        for change in ({"code": "2"}, {"ways": [""]}, {"options": ["-k", "x"]}, {"controller": "y"}):
            with pytest.raises(BadInput, match="something else"):
                self.repeat.Series(tmp_path, {**ASKED, **change}, 1).begin()

    @pytest.mark.parametrize(
        ("more", "status", "said"),
        [
            ({"changes": []}, 0, "differ in 0, only what was seen in 0"),
            ({"changes": [{"text": "s/a  verdict: x", "judged": True}]}, 1, "differ in 1, only what was seen in 0"),
            ({"changes": [{"text": "s/a  GET /: x", "judged": False}]}, 1, "differ in 0, only what was seen in 1"),
            ({"trouble": "the run ended with status 3"}, 3, "1 with a complete report"),
        ],
    )
    def test_what_all_runs_came_to(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: dict[str, object], status: int, said: str
    ) -> None:
        first = {"run": 1, "way": 0, "seconds": 1.0, "status": 0, "changes": [], "cases": 5}
        series = self.repeat.Series(tmp_path, ASKED, 1)
        series.done = {(1, 0): first, (2, 0): {"run": 2, "way": 0, "seconds": 1.0, "status": 0, **more}}
        assert self.repeat.conclude(series) == status
        assert said in capsys.readouterr().out

    def test_a_run_ends_when_its_time_is_up(self, tmp_path: Path) -> None:
        began = time.monotonic()
        command = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(60)"]
        assert self.repeat.run_bounded(command, tmp_path / "output.txt", 1.0, threading.Event()) == -1
        assert time.monotonic() - began < 30
        ended = [sys.executable, "-c", "raise SystemExit(3)"]
        assert self.repeat.run_bounded(ended, tmp_path / "o", 60.0, threading.Event()) == 3

    def test_a_run_ends_when_all_is_over(self, tmp_path: Path) -> None:
        began, over = time.monotonic(), threading.Event()
        command = [sys.executable, "-c", "import time; time.sleep(60)"]
        threading.Timer(0.3, over.set).start()
        with pytest.raises(KeyboardInterrupt):
            self.repeat.run_bounded(command, tmp_path / "output.txt", 60.0, over)
        assert time.monotonic() - began < 30

    def test_a_run_that_ends_before_the_first_waits_to_be_compared_with_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        series = self.repeat.Series(tmp_path, {**ASKED, "ways": [""]}, 1)
        second_ended = threading.Event()

        def run(_: object, output: Path, limit: float, over: threading.Event) -> int:
            first = output.parent.name.endswith("001")
            assert not first or second_ended.wait(10)
            verdict = Verdict.PASS if first else Verdict.FAIL
            (output.parent / "x").mkdir()
            whole = report(case_record("s/a", verdict=verdict)).model_dump_json(by_alias=True)
            (output.parent / "x" / "report.json").write_text(whole)
            second_ended.set()
            return 0

        monkeypatch.setattr(self.repeat, "run_bounded", run)
        series.begin()
        self.repeat.go_through(series, 2)
        assert series.done[1, 0]["changes"] == []
        assert any(change["judged"] for change in series.done[2, 0]["changes"])

    def test_without_a_first_report_no_other_run_begins(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        series = self.repeat.Series(tmp_path, {**ASKED, "runs": 5}, 1)
        monkeypatch.setattr(self.repeat, "run_bounded", lambda *_: 3)
        series.begin()
        self.repeat.go_through(series, 1)
        assert list(series.done) == [(1, 0)]
        assert self.repeat.conclude(series) == 3
        again = self.repeat.Series(tmp_path, {**ASKED, "runs": 5}, 1)
        again.begin()
        assert again.done == {}

    def test_an_interrupt_ends_all_runs(self, tmp_path: Path) -> None:
        series = self.repeat.Series(tmp_path, {**ASKED, "runs": 5, "ways": [""]}, 1)
        series.done = {(1, 0): {"run": 1, "way": 0, "seconds": 1.0, "status": 0, "changes": []}}

        def carry_out(run: int, way: int) -> dict[str, object]:
            if run == 2:
                raise KeyboardInterrupt
            assert series.over.wait(10)
            raise KeyboardInterrupt

        series.carry_out = carry_out
        with pytest.raises(KeyboardInterrupt):
            self.repeat.go_through(series, 2)
        assert list(series.done) == [(1, 0)]

    def test_the_digest_is_of_the_suite_as_it_is(self) -> None:
        assert self.repeat.code_digest() == self.repeat.code_digest()
        assert len(self.repeat.code_digest()) == 16


class TestPublishParity:
    publishing = script("publish_parity")

    def test_the_page_counts_the_words_and_names_what_is_open(self) -> None:
        plain = case_record("ingress-nginx/a", level=Level.PARITY)
        cases = [
            plain.model_copy(update={"parity": Parity.SAME}),
            plain.model_copy(update={"id": "ingress-nginx/b", "parity": Parity.IGNORED, "fail_open": True}),
            plain.model_copy(update={"id": "ingress-nginx/c", "verdict": Verdict.ERROR}),
            case_record("hosts/x"),
        ]
        made = report(*cases)
        made = made.model_copy(update={"controller": made.controller.model_copy(update={"name": "reference"})})
        assert self.publishing.cells(made)[2:8] == ["1", "0", "1", "0", "1", "1"]
        assert "- **Reference controller** (1): `b`" in self.publishing.page([made])

    def test_a_run_of_other_levels_is_refused(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "report.json").write_text(report(case_record("hosts/x")).to_json())
        monkeypatch.setattr(sys, "argv", ["publish_parity", str(tmp_path), "--reports", str(tmp_path / "reports")])
        assert self.publishing.main() == 2
        assert "no case of level parity" in capsys.readouterr().err


def test_the_list_of_published_reports_says_which_are_of_earlier_cases(tmp_path: Path) -> None:
    newest = report(case_record("hosts/x"))
    newest = newest.model_copy(update={"controller": newest.controller.model_copy(update={"name": "traefik"})})
    suite = newest.suite.model_copy(update={"cases_digest": "sha256:1"})
    run = newest.run.model_copy(update={"started": "2025-12-31T00:00:00+00:00"})
    made = {"a": newest, "b": newest.model_copy(update={"suite": suite, "run": run}), "c": newest}
    for name, one in made.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.json").write_text(one.to_json())
    listed = [line.split(" | ") for line in script("publish").index(tmp_path).splitlines() if "/README.md)" in line]
    assert [cells[-2] for cells in listed] == ["1", "1 (earlier)", "1"]


def test_an_interrupted_run_ends_the_publishing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    publish = script("publish")
    command = [sys.executable, "-c", "raise SystemExit(130)"]
    with pytest.raises(KeyboardInterrupt):
        publish.kept(command, tmp_path / "run.txt")
    monkeypatch.setattr(publish, "judged", lambda *_: publish.kept(command, tmp_path / "run.txt"))
    monkeypatch.setattr(sys, "argv", ["publish.py", "traefik", "--reports", str(tmp_path)])
    assert publish.main() == 130
    assert not (tmp_path / "README.md").exists()


class TestPublished:
    def test_how_it_was_made_names_the_data_plane_and_the_revision(self) -> None:
        publish = script("publish")
        told = publish.facts(report(case_record("s/one")), [])
        assert told["Suite"] == "0.1, revision `abc123-dirty`, cases `0`"
        assert told["Made of"] == "proxy: wheel demo-proxy 2.1"

    def test_an_older_report_is_told_without_them(self) -> None:
        publish, made = script("publish"), report(case_record("s/one"))
        suite = made.suite.model_copy(update={"revision": ""})
        controller = made.controller.model_copy(update={"programs": ()})
        told = publish.facts(made.model_copy(update={"suite": suite, "controller": controller}), [])
        assert told["Suite"] == "0.1, cases `0`"
        assert "Made of" not in told

    def test_the_numbers_of_a_level_add_up_to_its_cases(self, tmp_path: Path) -> None:
        publish = script("publish")
        kinds = [(level, verdict) for level in (Level.CORE, Level.OBSERVED) for verdict in Verdict]
        cases = [case_record(f"s/{n}", verdict, level) for n, (level, verdict) in enumerate(kinds)]
        for name, shown in (("traefik", cases[:3]), ("skipper", cases[:7])):
            (tmp_path / name).mkdir()
            made = report(*shown)
            made = made.model_copy(update={"controller": made.controller.model_copy(update={"name": name})})
            (tmp_path / name / "report.json").write_text(made.to_json())
        head, _, *rows = (line for line in publish.index(tmp_path).splitlines() if line.startswith("|"))
        names = [cell.strip() for cell in head.strip("|").split("|")]
        assert [name for name in names if name.startswith("core ")] == [f"core {verdict.value}" for verdict in Verdict]
        assert "observed fail" in names
        assert "observed skipped" not in names
        cells = [[int(cell) for cell in line.strip("|").split("|")[2:-1]] for line in rows]
        assert sorted((sum(numbers), cases) for *numbers, cases in cells) == [(3, 3), (7, 7)]
