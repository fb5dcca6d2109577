"""A run that is killed at any moment leaves nothing behind, and can be finished: the report is that of a whole run."""

import contextlib
import os
import random
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.report.events import read_events
from conformance.tests.faults import processes
from conformance.tests.live import Live, Outcome, begin, run
from conformance.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.nightly]

CASES = (
    "exact-itself or exact-other-path or wildcard-one-label or only-a-default or no-host or scale or exact-root"
    " or odd-ends"
)
CHAINS, KILLS = 4, 5
KILLED = {-signal.SIGKILL, 128 + signal.SIGKILL}
SEED = 20261124


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, float]:
    began = time.monotonic()
    outcome = run(tmp_path_factory.mktemp("undisturbed"), "run", "reference", "-k", CASES)
    assert outcome.status == 0, outcome.errors
    assert len(outcome.verdicts()) >= 8
    return outcome, time.monotonic() - began


@pytest.mark.parametrize("chain", range(CHAINS))
def test_a_run_that_is_killed_again_and_again_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undisturbed: tuple[Outcome, float], chain: int
) -> None:
    whole, lasts = undisturbed
    chance = random.Random(SEED + chain)
    out, temporary = tmp_path / "out", tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    stand: dict[str, str] = {}
    statuses: list[int] = []
    with nothing_left(temporary):
        for _ in range(KILLS):
            live, began = begin(out, *_again(out)), time.monotonic()
            if wait_until(lambda live=live: live.process.poll() is not None, chance.uniform(0.0, lasts)):  # type: ignore[misc]
                # What is left takes less time than the whole: the next one is killed earlier.
                lasts = time.monotonic() - began
            _kill(live, chance)
            statuses.append(live.finish(30).status)
            assert live.leftovers() == []
            now = _final(out)
            # What stood before stands now, to the letter.
            assert stand.items() <= now.items()
            stand = now
    # Only those that ended by themselves end with 0, and a kill that hits nothing tests nothing.
    assert set(statuses) <= {0, *KILLED}
    assert sum(status in KILLED for status in statuses) > KILLS / 2, statuses
    finished = run(out, *_again(out))
    assert finished.status == 0, finished.errors
    assert finished.verdicts() == whole.verdicts()
    assert finished.report["run"]["complete"]
    assert finished.report["suite"] == whole.report["suite"]
    assert finished.report["summary"] == whole.report["summary"]
    assert [_shape(case) for case in finished.report["cases"]] == [_shape(case) for case in whole.report["cases"]]
    report, events = out / "reference" / "report.json", out / "reference" / "events.jsonl"
    assert sorted(path.name for path in events.parent.iterdir()) == ["events.jsonl", "report.json"]
    sound = begin(tmp_path, "verify", str(report), "--events", str(events)).finish()
    assert sound.status == 0, sound.output


def _again(out: Path) -> list[str]:
    """The command that begins the run, or goes on with it; a run that had not begun to judge begins anew."""
    events = out / "reference" / "events.jsonl"
    if events.exists() and any(event["event"] == "run" for event in read_events(events)):
        return ["run", "--resume", str(out)]
    return ["run", "reference", "-k", CASES]


def _kill(live: Live, chance: random.Random) -> None:
    """Kill the command, or the first process inside, whose end is the end of all others there."""
    victims = [live.process.pid]
    if chance.random() < 0.5:
        victims = processes(live, "conformance.clusters.local.inside")[-1:] or victims
    for pid in victims:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def nothing_left(temporary: Path) -> Iterator[None]:
    """See that the block leaves no mount and no temporary file; a namespace lasts as long as a process or a mount."""
    mounts = _mounts()
    yield
    assert _mounts() == mounts
    assert list(temporary.iterdir()) == []


def _mounts() -> list[str]:
    return [line for line in Path("/proc/self/mounts").read_text().splitlines() if "ingress-conformance" in line]


def _final(out: Path) -> dict[str, str]:
    events = out / "reference" / "events.jsonl"
    found = read_events(events) if events.exists() else ()
    return {event["case"]["id"]: repr(event["case"]) for event in found if event["event"] == "case" and event["final"]}


def _shape(case: dict[str, object]) -> object:
    """Return what two reports of the same run have in common: all but times, and the names of a run."""
    probes = case["probes"]
    assert isinstance(probes, list)
    seen = [(probe["id"], probe["expected"], probe["verdict"], probe["observed"]["outcome"]) for probe in probes]
    return case["id"], case["verdict"], case["reason"], case["statements"], case["findings"], seen
