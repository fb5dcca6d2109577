"""Instances ahead of their need, and groups that begin others while they are judged."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest

from conformance.case.model import Case
from conformance.engine.instances import SPARES, Instances
from conformance.engine.judgement import Judgement
from conformance.engine.lanes import Judge, Lanes
from conformance.engine.stage import RunningController
from conformance.errors import HarnessFailure
from conformance.tests.engine_world import Ground, Instance
from conformance.tests.plans import case

LIMIT = 10.0


class Counting(Ground):
    """A stage that tells which instances were started, warmed up and stopped."""

    def __init__(self, lanes: int, *, cold: bool = False) -> None:
        super().__init__(lanes=lanes)
        self.cold = cold
        self.started: list[str] = []
        self.warm: list[str] = []
        self.stopped: list[str] = []
        self.woken = threading.Condition()

    def fresh(self) -> Instance:
        stage = self

        class Told(Instance):
            def stop(self, grace: float = 2.0) -> None:
                stage.stopped.append(self.ingress_class)

        made = Told(ingress_class=f"lane-{next(self._fresh)}")
        self.started.append(made.ingress_class)
        return made

    def warm_up(self, controller: RunningController) -> None:
        with self.woken:
            self.warm.append(controller.ingress_class)
            self.woken.notify_all()
        if self.cold:
            raise HarnessFailure("the API server did not answer")

    def await_warm(self, number: int) -> None:
        with self.woken:
            assert self.woken.wait_for(lambda: len(self.warm) >= number, LIMIT)


@contextmanager
def instances_of(stage: Counting) -> Iterator[Instances]:
    with closing(Instances(stage, stage.warm_up)) as instances:
        yield instances


def test_as_many_are_ahead_as_are_expected_and_each_has_loaded_something() -> None:
    stage = Counting(lanes=4)
    with instances_of(stage) as instances:
        instances.expect(2)
        stage.await_warm(2)
        with instances.lend() as first, instances.lend() as second:
            assert {first.ingress_class, second.ingress_class} == {"lane-1", "lane-2"}
    assert stage.started == stage.warm == ["lane-1", "lane-2"]


def test_never_more_are_ahead_than_a_few_and_one_that_is_lent_is_replaced() -> None:
    stage = Counting(lanes=4)
    with instances_of(stage) as instances:
        instances.expect(SPARES + 5)
        stage.await_warm(SPARES)
        assert len(stage.started) == SPARES
        with instances.lend():
            stage.await_warm(SPARES + 1)
            assert len(stage.started) == SPARES + 1


def test_nothing_is_left_running_of_what_nobody_asked_for() -> None:
    stage = Counting(lanes=4)
    with instances_of(stage) as instances:
        instances.expect(2)
        stage.await_warm(2)
    assert sorted(stage.stopped) == stage.started


def test_without_lanes_it_is_always_the_main_instance() -> None:
    stage = Counting(lanes=0)
    with instances_of(stage) as instances:
        instances.expect(3)
        with instances.lend() as lent:
            assert lent is stage.main
    assert stage.started == []


def test_an_instance_that_could_not_be_warmed_up_is_lent_all_the_same() -> None:
    stage = Counting(lanes=4, cold=True)
    with instances_of(stage) as instances:
        instances.expect(1)
        stage.await_warm(1)
        with instances.lend() as lent:
            assert lent.ingress_class == "lane-1"


def test_whoever_waits_for_all_groups_waits_for_those_begun_meanwhile() -> None:
    stage = Counting(lanes=2)
    judged: list[list[str]] = []

    def judge(cases: Sequence[Case]) -> tuple[list[Judgement], Sequence[Case]]:
        judged.append([one.id for one in cases])
        return [], cases if len(cases) > 1 else ()

    with instances_of(stage) as instances, ThreadPoolExecutor(2) as threads:
        lanes = Lanes(threads, _plainly, instances)
        lanes.begin(judge, [[case("s/a"), case("s/b")]])
        assert lanes.finish() == [[], [], []]
    assert judged[0] == ["s/a", "s/b"]
    assert sorted(judged[1:]) == [["s/a"], ["s/b"]]


def test_what_is_judged_once_more_is_ahead_of_what_has_not_begun() -> None:
    stage = Counting(lanes=1)
    judged: list[str] = []

    def judge(cases: Sequence[Case]) -> tuple[list[Judgement], Sequence[Case]]:
        judged.append("".join(one.id[-1] for one in cases))
        return [], cases if len(cases) > 1 else ()

    with instances_of(stage) as instances, ThreadPoolExecutor(1) as threads:
        lanes = Lanes(threads, _plainly, instances)
        held = threading.Event()
        threads.submit(held.wait, LIMIT)
        lanes.begin(judge, [[case("s/a"), case("s/b")], [case("s/c")], [case("s/d")]])
        lanes.begin(judge, [[case("s/x"), case("s/y")], [case("s/z")]], once_more=True)
        held.set()
        lanes.finish()
    assert judged == ["xy", "x", "y", "z", "ab", "a", "b", "c", "d"]


def test_a_group_begins_only_after_what_it_waits_for_and_shares_its_trouble() -> None:
    stage = Counting(lanes=2)
    judged: list[str] = []

    def judge(cases: Sequence[Case]) -> tuple[list[Judgement], Sequence[Case]]:
        judged.extend(one.id for one in cases)
        return [], ()

    def fail() -> None:
        raise HarnessFailure("no route")

    with instances_of(stage) as instances, ThreadPoolExecutor(2) as threads:
        lanes = Lanes(threads, _plainly, instances)
        lanes.begin(judge, [[case("s/a")]], after=threads.submit(fail))
        with pytest.raises(HarnessFailure, match="no route"):
            lanes.finish()
    assert judged == []


def _plainly(judge: Judge, cases: Sequence[Case]) -> list[Judgement]:
    return judge(cases)
