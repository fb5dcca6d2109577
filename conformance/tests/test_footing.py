"""What gives way under a run is known, with its time, before a failure that was seen meanwhile is believed."""

import threading
import time

from conformance.engine.footing import LATE, PULSE, RECOVERY, Footing
from conformance.errors import HarnessFailure
from conformance.waiting import wait_until


class Clock:
    """A clock that stands where it was put."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def looked(*looks: tuple[float, str]) -> tuple[Footing, Clock]:
    """A footing that was looked at at these moments, and what was wrong then."""
    clock = Clock()
    footing = Footing(lambda: "", clock)
    for moment, what in looks:
        clock.now = moment
        footing.note_look(moment, what)
    return footing, clock


def test_a_trouble_began_after_the_last_look_that_was_good_and_ends_when_it_has_been_got_over() -> None:
    footing, _ = looked((1.0, ""), (2.0, "gone"), (3.0, "gone"), (4.0, ""), (100.0, ""))
    assert footing.shaken(0.0, 0.9) == ""
    assert footing.shaken(1.5, 1.6) == "gone"
    assert footing.shaken(0.0, 1.0) == "gone"
    assert footing.shaken(4.0 + RECOVERY - 0.1, 50.0) == "gone"
    assert footing.shaken(4.0 + RECOVERY + 0.1, 50.0) == ""


def test_a_trouble_that_lasts_has_no_end() -> None:
    footing, _ = looked((1.0, ""), (2.0, "gone"), (300.0, "gone"))
    assert footing.shaken(250.0, 299.0) == "gone"
    assert not footing.await_peace(0.0)


def test_peace_is_there_once_the_last_trouble_has_been_got_over() -> None:
    footing, clock = looked((1.0, ""), (2.0, "gone"), (3.0, ""))
    assert not footing.await_peace(0.0)
    clock.now = 3.0 + RECOVERY + 0.1
    assert footing.await_peace(0.0)


def test_only_a_late_pulse_is_in_doubt() -> None:
    footing, _ = looked((100.0, ""))
    footing.note_lateness(1.0, 1.0 + PULSE + LATE / 2)
    assert footing.shaken(0.0, 5.0) == ""
    footing.note_lateness(2.0, 2.0 + PULSE + LATE + 0.5)
    assert "stood still for 2.6 s" in footing.shaken(0.0, 5.0)
    assert footing.shaken(4.7, 5.0) == ""


def test_nothing_is_said_of_a_moment_before_it_has_been_looked_at() -> None:
    told: list[str] = []
    gone = threading.Event()
    with Footing(lambda: "gone" if gone.is_set() else "") as footing:
        assert footing.shaken(time.monotonic(), time.monotonic()) == ""
        gone.set()
        now = time.monotonic()
        told.append(footing.shaken(now, now))
    assert told == ["gone"]


def test_a_look_that_fails_is_a_trouble_itself() -> None:
    def look() -> str:
        raise HarnessFailure("etcd ends again and again")

    with Footing(look) as footing:
        assert wait_until(lambda: footing.shaken(0.0, time.monotonic()) == "etcd ends again and again", 5)
