"""What is done to a run from outside, and what it may then say."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.judge.probes import CONSECUTIVE
from conformance.report.events import read_events
from conformance.tests.live import Live, Outcome
from conformance.waiting import wait_until

HONEST = {("pass", None), ("error", "harness"), ("fail", "controller-crashed")}
"""All that a run of the reference may say, whatever is done to it: nothing else is wrong with it."""


def processes(live: Live, word: str) -> list[int]:
    """Return the processes of a run whose command line holds the word, as the machine numbers them."""
    return [pid for pid in _descendants(live.process.pid) if word in _command(pid)]


def await_process(live: Live, word: str, limit: float = 60) -> int:
    """Return the first such process, once there is one."""
    assert wait_until(lambda: bool(processes(live, word)), limit), word
    return processes(live, word)[0]


def await_events(live: Live, word: str, limit: float = 120) -> None:
    """Wait until the events of the reference's run hold the word."""
    events = live.out / "reference" / "events.jsonl"
    assert wait_until(lambda: events.exists() and word in events.read_text(), limit, longest_pause=0.05), word


def kill(pids: Sequence[int]) -> None:
    """End processes at once."""
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def inside(live: Live, script: str) -> str:
    """Run a Python script where the cluster is, and return what it prints."""
    first = str(await_process(live, "conformance.clusters.local.inside pytest"))
    # The process that unshare(1) forked is the one that is inside.
    user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
    command = ["nsenter", "--target", first, "--net", "--mount", *user, "--", sys.executable, "-c", script]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def honest(live: Live, limit: float = 900) -> Outcome:
    """Return what came of a run; nothing was said of the reference that is not so, and every pass was seen."""
    outcome = live.finish(limit)
    assert live.leftovers() == []
    assert outcome.reports, outcome.errors
    report = outcome.report
    assert report["run"]["complete"], outcome.errors
    assert [case["id"] for case in report["cases"]] == selected(live.out)
    for case in report["cases"]:
        for probe in case["probes"] if case["verdict"] == "pass" else ():
            counted = [attempt for attempt in probe["attempts"] if attempt["counted"]]
            assert len(counted) >= CONSECUTIVE or "traffic" in probe["id"], (case["id"], probe["id"])
    strange = [case for case in report["cases"] if (case["verdict"], case["reason"]) not in HONEST]
    assert not strange, [(case["id"], case["reason"], case["detail"]) for case in strange]
    assert "Traceback" not in outcome.errors
    return outcome


def passes(outcome: Outcome) -> float:
    """Return the share of cases that pass."""
    verdicts = [verdict for verdict, _ in outcome.verdicts().values()]
    return verdicts.count("pass") / len(verdicts)


def selected(out: Path) -> list[str]:
    """Return the ids of the cases that a run of the reference selected."""
    events = read_events(out / "reference" / "events.jsonl")
    return next(list(event["selected"]) for event in events if event["event"] == "run")


def _descendants(pid: int) -> Iterator[int]:
    try:
        children = [
            int(word) for path in Path(f"/proc/{pid}/task").glob("*/children") for word in path.read_text().split()
        ]
    except OSError:
        return
    for child in children:
        yield child
        yield from _descendants(child)


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
