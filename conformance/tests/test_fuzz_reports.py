"""Spoiled reports and event logs: each command reads them or says what is wrong; ``verify`` finds what was changed."""

import copy
import io
import json
import random
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from conformance.case.statements import load_statements
from conformance.compare.comparison import comparison
from conformance.compare.comparison_text import comparison_markdown, print_comparison
from conformance.compare.diff_text import diff_markdown, print_diff
from conformance.compare.difference import difference
from conformance.compare.steadiness import unlike
from conformance.errors import BadInput
from conformance.report.canonical import canonical
from conformance.report.events import read_events
from conformance.report.fold import report_of
from conformance.report.model import Report
from conformance.report.reading import read_json, read_report
from conformance.report.seal import digest_of
from conformance.report.terminal import print_report
from conformance.site.pages import site
from conformance.tests.mutations import spoiled, spoiled_text
from conformance.tests.reports import events_of
from conformance.tests.sound_report import cases
from conformance.verify.verification import verification

# One of each sort: what is spoiled in a small report is more often something that matters.
EVENTS = events_of(*(case for case in cases() if case.id in {"s/right", "s/varies", "s/steps", "s/offered"}))
SOUND = report_of(EVENTS)
WRITTEN: dict[str, Any] = json.loads(SOUND.to_json())
STATEMENTS = load_statements()
DICE = st.randoms(use_true_random=False)


def file_of(content: bytes, read: Callable[[Path], Any]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "it.json"
        file.write_bytes(content)
        return read(file)


def console() -> Console:
    return Console(file=io.StringIO(), width=120, highlight=False)


def attempt(act: Callable[[], Any]) -> Any:
    """Return what a step gives; ``None`` where it says in plain words that it cannot."""
    with suppress(BadInput):
        return act()
    return None


def used_everywhere(report: Report) -> None:
    """Whatever could be read as a report must be fit for every command that takes one."""
    for old, new in ((SOUND, report), (report, SOUND), (report, report)):
        diff = attempt(lambda old=old, new=new: difference(old, new))  # type: ignore[misc]
        if diff is not None:
            diff_markdown(diff)
            print_diff(diff, console())
        attempt(lambda old=old, new=new: unlike(old, new))  # type: ignore[misc]
    compared = attempt(lambda: comparison([SOUND, report], {}))
    if compared is not None:
        comparison_markdown(compared)
        print_comparison(compared, console())
    print_report(report, console())


def read_everywhere(path: Path) -> None:
    written = attempt(lambda: read_json(path))
    if written is not None:
        found = verification(str(path), written, (), "another version")
        assert found.sound is (canonical(written) == canonical(WRITTEN)), found
    file = attempt(lambda: read_report(path))
    if file is not None:
        used_everywhere(file.report)


def shown_on_pages(path: Path) -> None:
    file = attempt(lambda: read_report(path))
    if file is not None:
        attempt(lambda: list(site([SOUND, file.report], STATEMENTS)))


def resealed(written: Any) -> Any:
    """Return a report with new digests, as a forger would write them: the schema alone must hold."""
    if isinstance(written, dict):
        for case in written["cases"] if isinstance(written.get("cases"), list) else ():
            if isinstance(case, dict):
                case["digest"] = digest_of(case)
        written["digest"] = digest_of(written)
    return written


def dumped(tree: Any) -> bytes:
    return json.dumps(tree).encode()


@settings(max_examples=30)
@given(DICE)
def test_a_report_with_spoiled_parts(dice: random.Random) -> None:
    file_of(dumped(spoiled(WRITTEN, dice, dice.randint(1, 3))), read_everywhere)


@settings(max_examples=20)
@given(DICE)
def test_the_pages_of_a_report_with_spoiled_parts(dice: random.Random) -> None:
    file_of(dumped(spoiled(WRITTEN, dice, dice.randint(1, 3))), shown_on_pages)


@settings(max_examples=30)
@given(DICE)
def test_a_report_with_a_spoiled_text(dice: random.Random) -> None:
    file_of(spoiled_text(dumped(WRITTEN), dice, dice.randint(1, 3)), read_everywhere)


def verified_though_resealed(dice: random.Random) -> None:
    forged = resealed(spoiled(WRITTEN, dice, dice.randint(1, 3)))

    def read(path: Path) -> None:
        written = attempt(lambda: read_json(path))
        if written is not None:
            # It may be sound: not everything that a report tells follows from something else in it.
            verification(str(path), written, (), "another version", copy.deepcopy(EVENTS))

    file_of(dumped(forged), read)


@settings(max_examples=30)
@given(DICE)
def test_a_forged_report(dice: random.Random) -> None:
    verified_though_resealed(dice)


def log_read(path: Path) -> None:
    told = attempt(lambda: list(read_events(path)))
    if told is not None:
        found = verification("report.json", WRITTEN, (), "another version", told)
        # A later event may replace one that was spoiled: what they amount to in the end decides.
        assert found.sound is (amounts_to(told) == WRITTEN), found


def amounts_to(told: list[dict[str, Any]]) -> Any:
    try:
        return json.loads(report_of(told).to_json())
    except (ValueError, KeyError, TypeError):
        return None


def spoiled_log(dice: random.Random) -> bytes:
    lines = [dumped(event) for event in EVENTS]
    number = dice.randrange(len(lines))
    if dice.random() < 0.5:
        lines[number] = dumped(spoiled(EVENTS[number], dice, dice.randint(1, 2)))
    else:
        dice.choice((lines.pop, lambda n: lines.insert(n, lines[n]), lambda n: lines.insert(0, lines.pop(n))))(number)
    text = b"\n".join(lines) + b"\n"
    return spoiled_text(text, dice) if dice.random() < 0.4 else text


@settings(max_examples=60)
@given(DICE)
def test_an_event_log_with_spoiled_lines(dice: random.Random) -> None:
    file_of(spoiled_log(dice), log_read)
