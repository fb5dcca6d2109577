"""Rounds of probes between two looks at the markers, with a controller that is only a function."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import cast

import pytest

from conformance.case.model import NO_MATCH, RECORD, Backend, Case, Expectation, Received
from conformance.engine.limits import Limits
from conformance.engine.rounds import FRESH, Watch
from conformance.engine.watching import converge
from conformance.judge.evidence import of_the_answer
from conformance.judge.probes import CONSECUTIVE, Attempt, judge_probe
from conformance.judge.words import Reason, Verdict
from conformance.plan.single import unit_of
from conformance.plan.units import Unit
from conformance.probes.answer import BODY_KEPT, Answer, WireProbe
from conformance.probes.sender import Sender
from conformance.tests.answers import NAMES, served, status, trouble
from conformance.tests.plans import case, ground, ingress, probe

Behaviour = Callable[[WireProbe], Answer]
NOTHING = status(404)


class FakeSender:
    """Answers as ``behaviour`` says, and keeps the hosts that were asked for."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.asked: list[str] = []

    def send(self, wire: WireProbe) -> Answer:
        self.asked.append(wire.host)
        return self.behaviour(wire)


def loaded(wire: WireProbe) -> Answer:
    """A controller that has loaded every revision and serves foo.com."""
    if ".marker." in wire.host:
        return served("marker")
    return served("a") if wire.host.startswith("foo.com") else NOTHING


def knows_revision(number: int) -> Behaviour:
    """A controller that has loaded this revision and no other."""
    return lambda wire: loaded(wire) if ".marker." not in wire.host or wire.host.startswith(f"r{number}.") else NOTHING


WITHIN = case("s/one", probes=(probe("foo.com"), probe("bar.com", expect=Expectation(outcome=NO_MATCH))))
UNMARKED = case("s/bare", probes=WITHIN.probes, marker="none")


@contextmanager
def watching(behaviour: Behaviour, what: Case | Unit = WITHIN) -> Iterator[tuple[Watch, FakeSender]]:
    sender = FakeSender(behaviour)
    ticks = iter(range(1_000_000))
    unit = what if isinstance(what, Unit) else unit_of(what, ground())
    with ThreadPoolExecutor(2) as pool:
        yield Watch(unit, cast("Sender", sender), pool, NAMES, lambda: float(next(ticks))), sender


def kept(watch: Watch) -> list[list[Attempt]]:
    return [watch.of(planned) for planned in watch.unit.probes]


def verdicts(watch: Watch) -> list[tuple[Verdict, Reason | None]]:
    judged = [judge_probe(p.probe, watch.of(p), p.ending) for p in watch.unit.probes]
    return [(verdict.verdict, verdict.reason) for verdict in judged]


def test_every_round_looks_at_the_markers_before_and_after_the_probes() -> None:
    with watching(loaded) as (watch, sender):
        watch.round()
        marker = watch.unit.markers()[0].host
        assert (sender.asked[0], sender.asked[-1]) == (marker, marker)
        assert sorted(sender.asked[1:-1]) == sorted(planned.wire.host for planned in watch.unit.probes)


@pytest.mark.parametrize(("passed", "looks"), [(FRESH / 2, 3), (2 * FRESH, 4)])
def test_a_look_is_also_the_one_before_the_next_round_but_not_for_long(passed: float, looks: int) -> None:
    now = 0.0
    with watching(loaded) as (watch, sender):
        watch.clock = lambda: now
        watch.round()
        now += passed
        watch.round()
        assert sum(".marker." in host for host in sender.asked) == looks
        assert all(attempt.counted for attempts in kept(watch) for attempt in attempts)


def test_a_look_that_failed_or_saw_another_revision_is_not_the_one_before_the_next_round() -> None:
    looks = iter([served("marker"), NOTHING, NOTHING, served("marker"), NOTHING])
    with watching(lambda wire: next(looks) if ".marker." in wire.host else loaded(wire)) as (watch, _):
        watch.clock = lambda: 0.0
        watch.round()
        watch.round()
        watch.unit = watch.unit.next_revision()
        assert watch.markers_answer()
        watch.unit = watch.unit.next_revision()
        watch.round()
        assert not any(attempt.counted for attempts in kept(watch) for attempt in attempts)
        assert next(looks, None) is None


def test_three_rounds_settle_what_is_right() -> None:
    with watching(loaded) as (watch, _):
        for left in (2, 2, 0):
            watch.round(watch.open_probes())
            assert len(watch.open_probes()) == left
        assert verdicts(watch) == [(Verdict.PASS, None)] * 2


def test_an_attempt_is_kept_with_its_time_and_its_revision() -> None:
    with watching(loaded) as (watch, _):
        watch.round()
        watch.unit = watch.unit.next_revision()
        watch.round()
        for attempts in kept(watch):
            assert [attempt.revision for attempt in attempts] == [1, 2]
            assert attempts[0].at < attempts[1].at


def test_a_controller_that_answers_404_to_everything_passes_nothing() -> None:
    with watching(lambda _: NOTHING) as (watch, _):
        for _ in range(5):
            watch.round()
        assert not any(attempt.counted for attempts in kept(watch) for attempt in attempts)
        assert verdicts(watch) == [(Verdict.FAIL, Reason.NOT_PROGRAMMED)] * 2


def test_a_stopped_controller_passes_nothing() -> None:
    with watching(lambda _: trouble("timeout")) as (watch, _):
        for _ in range(5):
            watch.round()
        assert verdicts(watch) == [(Verdict.FAIL, Reason.NOT_PROGRAMMED)] * 2


@pytest.mark.parametrize("look", ["before", "after"])
def test_a_marker_that_is_missed_on_one_side_makes_the_round_uncounted(look: str) -> None:
    looks = iter([NOTHING, served("marker")] if look == "before" else [served("marker"), NOTHING])
    with watching(lambda wire: next(looks) if ".marker." in wire.host else loaded(wire)) as (watch, _):
        watch.round()
        assert [[attempt.counted for attempt in attempts] for attempts in kept(watch)] == [[False], [False]]


def test_the_marker_of_an_older_revision_does_not_count() -> None:
    with watching(knows_revision(1)) as (watch, _):
        assert watch.markers_answer()
        watch.unit = watch.unit.next_revision()
        assert not watch.markers_answer()
        watch.round()
        assert not any(attempt.counted for attempts in kept(watch) for attempt in attempts)


def test_every_marked_object_must_be_loaded() -> None:
    two = case("s/two", ingress("foo.com", name="one"), ingress("bar.com", name="two"), probes=WITHIN.probes)
    with watching(lambda wire: NOTHING if "s-two-two" in wire.host else loaded(wire), two) as (watch, _):
        assert len(watch.unit.markers()) == 2
        assert not watch.markers_answer()
        assert [attempt.seen.backend for attempt in watch.marker_attempts] == ["marker", ""]


@pytest.mark.parametrize("answer", [served("a"), status(200), trouble("reset")])
def test_only_the_marker_backend_proves_a_revision(answer: Answer) -> None:
    with watching(lambda wire: answer if ".marker." in wire.host else loaded(wire)) as (watch, _):
        assert not watch.markers_answer()


def test_only_the_probes_that_were_asked_for_are_sent() -> None:
    with watching(loaded) as (watch, sender):
        watch.round([watch.unit.probes[1]])
        assert [len(attempts) for attempts in kept(watch)] == [0, 1]
        assert not any(host.startswith("foo.com") for host in sender.asked)


def test_no_match_is_seen_anew_once_the_rules_are_there() -> None:
    """A marker may live before the rule beside it: until that one answers, nothing else does either."""
    seen: list[str] = []

    def late(wire: WireProbe) -> Answer:
        if ".marker." in wire.host:
            return served("marker")
        seen.append(wire.host)
        return served("a") if len(seen) > 2 * 3 else NOTHING  # and then it serves every host, wrongly

    with watching(late) as (watch, _):
        converge(watch, Limits(convergence=1000.0, presence=0.0, absence=0.0), lambda _: None)
        assert verdicts(watch)[1] == (Verdict.FAIL, Reason.UNEXPECTED_MATCH)


class TestWithoutMarkers:
    def test_a_backend_that_answers_stands_for_the_marker(self) -> None:
        with watching(loaded, UNMARKED) as (watch, _):
            assert watch.markers_answer()
            for _ in range(3):
                watch.round()
            assert verdicts(watch) == [(Verdict.PASS, None)] * 2

    def test_silence_is_no_pass_here_either(self) -> None:
        with watching(lambda _: NOTHING, UNMARKED) as (watch, _):
            assert not watch.markers_answer()
            for _ in range(5):
                watch.round()
            assert verdicts(watch) == [(Verdict.FAIL, Reason.NOT_PROGRAMMED)] * 2

    def test_a_wrong_backend_counts_as_it_shows_a_match(self) -> None:
        with watching(lambda _: served("b"), UNMARKED) as (watch, _):
            for _ in range(3):
                watch.round()
            assert [reason for _, reason in verdicts(watch)] == [Reason.WRONG_BACKEND, Reason.UNEXPECTED_MATCH]

    def test_what_is_only_recorded_proves_no_life(self) -> None:
        recorded = case("s/rec", probes=(probe("foo.com", expect=Expectation(outcome=RECORD)),), marker="none")
        with watching(loaded, recorded) as (watch, _):
            assert not watch.markers_answer()


def test_long_answers_do_not_pile_up() -> None:
    flood = Answer("x", 0.1, status=200, body=b"x" * (1 << 20))
    with watching(lambda _: flood) as (watch, _):
        watch.round()
        everything = [*watch.marker_attempts, *(attempt for attempts in kept(watch) for attempt in attempts)]
        assert len(everything) == 3
        assert all(len(attempt.answer.body) <= BODY_KEPT for attempt in everything)


def test_of_several_requests_on_one_connection_it_is_kept_how_many_showed_what() -> None:
    def limited(wire: WireProbe) -> Answer:
        if wire.requests_on_connection == 1:
            return loaded(wire)
        return replace(status(503), earlier=(served("mine-one-s"), *[status(503)] * 3))

    many = probe("foo.com", expect=Expectation(outcome=RECORD)).model_copy(update={"on_one_connection": 5})
    recorded = case("s/one", probes=(many,)).model_copy(update={"backends": (Backend(name="mine"),)})
    with watching(limited, recorded) as (watch, _):
        watch.round()
        ((attempt,),) = kept(watch)
    assert attempt.tally == {"mine": 1, "status:503": 4}
    assert (attempt.seen.outcome, attempt.seen.backend) == ("status:503", "mine")
    shown = of_the_answer(many.expect, attempt)
    assert shown is not None
    assert shown["tally"] == {"mine": 1, "status:503": 4}
    assert of_the_answer(Expectation(outcome="a"), attempt) is None


@pytest.mark.parametrize("wrong", range(3))
def test_of_several_requests_on_one_connection_each_must_arrive_as_it_was_sent(wrong: int) -> None:
    def rewriting(wire: WireProbe) -> Answer:
        if wire.requests_on_connection == 1:
            return loaded(wire)
        answers = [served("a", target="/other" if number == wrong else "/") for number in range(3)]
        return replace(answers[-1], earlier=tuple(answers[:-1]))

    expect = Expectation(outcome="a", received=Received(target="/"))
    many = probe("foo.com", expect=expect).model_copy(update={"on_one_connection": 3})
    with watching(rewriting, case("s/one", probes=(many,))) as (watch, _):
        for _ in range(CONSECUTIVE):
            watch.round()
        (planned,) = watch.unit.probes
        verdict = judge_probe(many, watch.of(planned), planned.ending)
    assert (verdict.verdict, verdict.reason) == (Verdict.FAIL, Reason.WRONG_HEADER)


def sends_to_https(wire: WireProbe, *, to: str = "", then: Behaviour = loaded) -> Answer:
    """A controller that redirects every http request."""
    if wire.scheme == "https":
        return then(wire)
    return status(308, ("Location", f"https://{to or wire.host}{wire.target}"))


def test_a_marker_that_is_sent_to_https_is_asked_there() -> None:
    with watching(sends_to_https) as (watch, _):
        for _ in range(3):
            watch.round()
        assert verdicts(watch) == [(Verdict.FAIL, Reason.REDIRECTED)] * 2


@pytest.mark.parametrize(
    "behaviour",
    [
        lambda wire: sends_to_https(wire, to="else.where"),
        lambda wire: sends_to_https(wire, then=lambda _: NOTHING),
        lambda wire: sends_to_https(wire, then=lambda _: served("a")),
        lambda wire: sends_to_https(wire, then=lambda _: trouble("reset")),
    ],
    ids=["to another host", "not loaded", "another backend", "no TLS"],
)
def test_a_redirect_alone_proves_nothing(behaviour: Behaviour) -> None:
    with watching(behaviour) as (watch, _):
        for _ in range(3):
            watch.round()
        assert verdicts(watch) == [(Verdict.FAIL, Reason.NOT_PROGRAMMED)] * 2
