"""The event stream survives killed runs and full disks, and folds into the report."""

import fcntl
from pathlib import Path

import pytest

from conformance.errors import BadInput, HarnessFailure
from conformance.judge.words import Reason, Verdict
from conformance.report.events import Event, EventLog, read_events
from conformance.report.fold import report_of
from conformance.tests.reports import case_event, case_record, events_of

EVENTS: list[Event] = [
    {"event": "one", "text": "ä€\u2028\n\x1b"},
    {"event": "two", "nested": {"list": [1, None, True]}},
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "folder" / "events.jsonl"


@pytest.fixture
def written(path: Path) -> Path:
    log = EventLog(path)
    for event in EVENTS:
        log.write(event)
    log.close()
    return path


class TestWriting:
    def test_what_was_written_is_read(self, written: Path) -> None:
        assert list(read_events(written)) == EVENTS

    def test_every_event_is_one_line_whatever_it_holds(self, written: Path) -> None:
        assert len(written.read_bytes().splitlines()) == len(EVENTS)

    def test_an_event_is_on_the_disk_at_once(self, path: Path) -> None:
        log = EventLog(path)
        log.write(EVENTS[0])
        assert list(read_events(path)) == EVENTS[:1]
        log.close()

    def test_a_new_run_begins_a_new_file(self, written: Path) -> None:
        EventLog(written).close()
        assert written.read_bytes() == b""

    def test_nothing_is_left_of_a_run_that_had_nothing_to_say(self, path: Path) -> None:
        EventLog(path, go_on=True).close()
        assert not path.parent.exists()

    def test_what_was_there_before_a_run_with_nothing_to_say_is_there_afterwards(self, written: Path) -> None:
        EventLog(written, go_on=True).close()
        assert list(read_events(written)) == EVENTS
        empty = written.with_name("empty")
        empty.touch()
        EventLog(empty, go_on=True).close()
        assert empty.exists()

    def test_a_file_that_was_taken_away_before_it_could_be_locked_is_not_written_to(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, lock = EventLog(path), fcntl.flock

        def late(file: int, how: int) -> None:
            first.close()
            path.parent.mkdir()
            path.touch()
            lock(file, how)

        monkeypatch.setattr(fcntl, "flock", late)
        with pytest.raises(BadInput, match="another run"):
            EventLog(path)

    def test_a_full_disk_is_the_harness_s_trouble_and_closing_afterwards_is_none(self) -> None:
        log = EventLog(Path("/dev/full"))
        for _ in range(2):
            with pytest.raises(HarnessFailure, match="cannot write /dev/full: No space left") as caught:
                log.write(EVENTS[0])
            assert "free some space" in caught.value.hint
        log.close()

    def test_a_disk_that_takes_an_event_in_parts_gets_all_of_it(self, path: Path) -> None:
        log = EventLog(path)
        real = log._file

        class Reluctant:
            """Takes seven bytes at a time, as a write to a nearly full disk may."""

            def write(self, data: memoryview) -> int | None:
                return real.write(data[:7])

        log._file = Reluctant()  # type: ignore[assignment]
        log.write(EVENTS[0])
        log._file = real
        log.close()
        assert list(read_events(path)) == EVENTS[:1]

    def test_a_folder_that_cannot_be_made_is_said_before_the_run(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(BadInput, match="cannot write") as caught:
            EventLog(tmp_path / "file" / "events.jsonl")
        assert caught.value.hint == "choose another folder with --out"


class TestReading:
    def test_a_line_that_a_killed_run_left_half_written_is_dropped(self, written: Path) -> None:
        whole = written.read_bytes()
        last = len(whole.splitlines(keepends=True)[1])
        for cut in range(1, last + 1):
            written.write_bytes(whole[:-cut])
            assert list(read_events(written)) == (EVENTS if cut == 1 else EVENTS[:1]), f"{cut} bytes are missing"

    def test_where_there_are_none_it_is_said_where_they_lie(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="cannot be read: No such file") as caught:
            list(read_events(tmp_path / "nope"))
        assert "give the events.jsonl of a run" in caught.value.hint

    @pytest.mark.parametrize(
        "garbage", [b"garbage", b'{"event": ', b"\xff\xfe\x00", b"[1]", b"7", b"{}", b'{"event": 7}', b"[" * 100_000]
    )
    def test_garbage_in_the_middle_is_refused_with_its_line(self, written: Path, garbage: bytes) -> None:
        first, second = written.read_bytes().splitlines()
        written.write_bytes(b"\n".join([first, garbage, second, b""]))
        with pytest.raises(BadInput, match="not an event") as caught:
            list(read_events(written))
        assert caught.value.where == f"{written}:2"

    def test_empty_lines_are_no_events(self, written: Path) -> None:
        written.write_bytes(written.read_bytes().replace(b"\n", b"\n\n"))
        assert list(read_events(written)) == EVENTS

    def test_a_missing_file_is_bad_input(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="No such file"):
            list(read_events(tmp_path / "none"))

    def test_a_folder_is_bad_input(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="directory"):
            list(read_events(tmp_path))


class TestFolding:
    def test_later_words_about_a_case_replace_earlier_ones(self) -> None:
        events = events_of(case_record("s/one"), case_record("s/two"))
        events.insert(-1, case_event(case_record("s/one", Verdict.FAIL)))
        folded = report_of(events)
        assert [(case.id, case.verdict) for case in folded.cases] == [("s/one", Verdict.FAIL), ("s/two", Verdict.PASS)]

    def test_the_cases_stand_in_the_order_in_which_they_were_selected(self) -> None:
        events = events_of(case_record("s/b"), case_record("s/a"), selected=("s/a", "s/b", "s/never-judged"))
        assert [case.id for case in report_of(events).cases] == ["s/a", "s/b"]

    def test_the_controller_is_as_it_was_in_the_end(self) -> None:
        events = events_of()
        events.append({"event": "controller", "controller": {**events[2]["controller"], "restarts": 2}})
        assert report_of(events).controller.restarts == 2

    def test_a_run_that_was_killed_gives_what_was_judged(self) -> None:
        folded = report_of(events_of(case_record("s/one"), selected=("s/one", "s/two"))[:-1])
        assert not folded.run.complete
        assert folded.run.finished == ""
        assert [case.id for case in folded.cases] == ["s/one"]

    def test_a_first_verdict_is_none_until_it_stands(self) -> None:
        first = case_event(case_record("s/one", Verdict.FAIL), final=False)
        *begun, end = events_of(selected=("s/one",), complete=False)
        assert report_of([*begun, first]).cases == report_of([*begun, first, end]).cases == ()
        judged = report_of([*begun, first, case_event(case_record("s/one")), end])
        assert [case.verdict for case in judged.cases] == [Verdict.PASS]

    def test_a_first_verdict_of_a_run_that_goes_on_replaces_none_that_was_final(self) -> None:
        unjudged = case_record("s/one", Verdict.ERROR, reason=Reason.HARNESS)
        events = [*events_of(unjudged), {"event": "resumed"}, case_event(case_record("s/one"), final=False)]
        assert [case.verdict for case in report_of(events).cases] == [Verdict.ERROR]

    def test_events_that_nobody_knows_are_passed_over(self) -> None:
        events = events_of(case_record("s/one"))
        assert report_of([{"event": "weather"}, *events]) == report_of(events)

    def test_the_same_events_give_the_same_report_after_a_trip_to_the_disk(self, path: Path) -> None:
        events = events_of(case_record("s/one"), case_record("s/two", Verdict.FAIL))
        log = EventLog(path)
        for event in events:
            log.write(event)
        log.close()
        assert report_of(read_events(path)) == report_of(events)

    @pytest.mark.parametrize("kind", ["run", "cluster", "controller"])
    def test_a_stream_without_its_beginning_is_no_report(self, kind: str) -> None:
        events = [event for event in events_of() if event["event"] != kind]
        with pytest.raises(ValueError, match=kind):
            report_of(events)
