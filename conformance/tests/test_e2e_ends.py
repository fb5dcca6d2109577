"""However a run ends, it says so, it keeps what it saw, and it leaves nothing running."""

import shutil
import signal
from pathlib import Path

import pytest

from conformance.report.events import read_events
from conformance.tests.live import Live, begin, run
from conformance.waiting import wait_until

pytestmark = pytest.mark.e2e


def judging(live: Live) -> bool:
    """Wait until the first verdict is in the event log."""
    events = live.out / "reference" / "events.jsonl"
    return wait_until(lambda: events.exists() and '"case"' in events.read_text(), 40)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_with_130_and_leaves_its_events(tmp_path: Path, number: signal.Signals) -> None:
    live = begin(tmp_path, "run", "reference")
    assert judging(live)
    live.process.send_signal(number)
    outcome = live.finish(20)
    assert outcome.status == 130, outcome.errors
    assert live.leftovers() == []
    assert any(event["event"] == "case" for event in read_events(tmp_path / "reference" / "events.jsonl"))
    if outcome.reports:
        assert not outcome.report["run"]["complete"]


def test_a_killed_run_leaves_no_process_and_a_readable_log(tmp_path: Path) -> None:
    live = begin(tmp_path, "run", "reference")
    assert judging(live)
    live.process.kill()
    live.finish(20)
    assert live.leftovers() == []
    assert any(event["event"] == "case" for event in read_events(tmp_path / "reference" / "events.jsonl"))


@pytest.mark.parametrize(
    ("arguments", "words", "hint"),
    [
        (["run", "traefick"], "'traefick'", "hint: did you mean traefik"),
        (["run", "reference", "--level", "cores"], "'cores'", "hint: did you mean core?"),
        (["run", "reference", "-k", "no-such-case-at-all"], "no case", "hint: see: ingress-conformance cases list"),
        (["run", "reference", "--no-such-option"], "no-such-option", "run --help' for help"),
        (["run", "reference", "-n", "many"], "'many'", "hint: for example -n 4"),
        (["run"], "CONTROLLER", "run --help' for help"),
    ],
)
def test_bad_input_ends_with_2_and_a_hint(tmp_path: Path, arguments: list[str], words: str, hint: str) -> None:
    live = begin(tmp_path / "out", *arguments)
    outcome = live.finish()
    assert outcome.status == 2, outcome.errors
    # The cluster may have been on its way already, and nobody saw it.
    assert live.leftovers() == []
    assert not (tmp_path / "out").exists()
    assert outcome.output == ""
    assert "starting" not in outcome.errors
    assert words in outcome.errors.replace(hint, "")
    assert hint in outcome.errors
    assert "Traceback" not in outcome.errors


def test_a_malformed_case_file_is_refused_before_anything_starts(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("section: bad\ntitle: Bad\nspec: https://example.org/\ncases:\n  - nome: x\n")
    outcome = run(tmp_path / "out", "run", "reference", "--cases", str(path))
    assert outcome.status == 2
    assert "bad.yaml:5" in outcome.errors


def test_a_missing_program_is_said_with_a_way_to_get_it(tmp_path: Path) -> None:
    entry = tmp_path / "absent.yaml"
    reference = Path(shutil.copy(_entry("reference"), entry)).read_text()
    entry.write_text(
        reference.replace("name: reference", "name: absent", 1).replace(
            "{python: conformance.reference}", "{path: no-such-program, install: build it from its sources}"
        )
    )
    older = tmp_path / "out" / "absent" / "events.jsonl"
    older.parent.mkdir(parents=True)
    older.write_text("an older run's\n")
    outcome = run(tmp_path / "out", "run", str(entry))
    assert outcome.status == 3, outcome.errors
    # Nothing was run: what an older run left is touched as little as where a cluster cannot be reached.
    assert older.read_text() == "an older run's\n"
    assert "no-such-program" in outcome.errors
    assert "build it from its sources" in outcome.errors


def _entry(name: str) -> Path:
    from conformance.controllers import catalogue  # noqa: PLC0415

    return Path(catalogue.__file__).parent / "catalogue" / f"{name}.yaml"
