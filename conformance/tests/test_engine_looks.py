"""Looks at what is loaded anew: all of them are told, and what flaps at one load is as unstable as what turns later."""

from dataclasses import dataclass

import pytest

from conformance.case.model import Case, Expectation, Placement
from conformance.judge.words import Reason, Verdict
from conformance.probes.answer import Answer, WireProbe
from conformance.report.model import CaseRecord
from conformance.tests.answers import served
from conformance.tests.engine_world import Ground, World
from conformance.tests.plans import case, probe
from conformance.tests.reports import report
from conformance.tests.test_engine_company import PASS, told
from conformance.tests.test_engine_reloads import Chancy, contested_case
from conformance.verify.consistency import inconsistencies
from conformance.verify.verdicts import against_evidence

UNSTABLE = (Verdict.FAIL, Reason.UNSTABLE)
WRONG = case("s/wrong", probes=(probe(expect=Expectation(outcome="b")),))

places = pytest.mark.parametrize("placement", ["packed", "own", "alone"])
grounds = pytest.mark.parametrize("lanes", [0, 2])
company = pytest.mark.parametrize("others", [(), (WRONG,)], ids=["by itself", "beside what fails"])


def seen(record: CaseRecord) -> list[tuple[int, str]]:
    """Revision and outcome of each attempt at the one probe of a case, of which the report must be sound."""
    unfinished = report(record, complete=False)
    assert [*inconsistencies(unfinished), *against_evidence(unfinished)] == []
    (one,) = record.probes
    return [(attempt.revision, attempt.outcome) for attempt in one.attempts]


@dataclass
class Turning(World):
    """A world that leads a case elsewhere at its ``load``, after so many right answers, and then in turn."""

    load: int = 2
    right: int = 0
    answers: int = 0

    def answer(self, wire: WireProbe) -> Answer:
        right = super().answer(wire)
        if ".one." not in wire.host or ".marker." in wire.host or right.status != 200:
            return right
        (asked,) = [one for one in list(self.objects.values()) if wire.host in str(one)]
        if f"'r{self.load}." not in str(asked):
            return right
        self.answers += 1
        return served("b") if self.answers > self.right and (self.answers - self.right) % 2 else right


@places
@grounds
@company
def test_what_is_right_and_then_wrong_at_one_load_is_unstable(
    placement: Placement, lanes: int, others: tuple[Case, ...]
) -> None:
    final, _ = told(Ground(Turning(), lanes=lanes), contested_case(placement), *others)
    assert (final["s/one"].verdict, final["s/one"].reason) == UNSTABLE
    assert seen(final["s/one"])[-2:] == [(2, "a"), (2, "b")]


@places
@grounds
@company
def test_after_the_last_load_there_is_still_the_second_look(
    placement: Placement, lanes: int, others: tuple[Case, ...]
) -> None:
    final, times = told(Ground(Turning(load=4, right=2), lanes=lanes), contested_case(placement), *others)
    assert (final["s/one"].verdict, final["s/one"].reason) == UNSTABLE
    assert seen(final["s/one"])[-3:] == [(4, "a"), (4, "a"), (4, "b")]
    assert times["s/one"] == 1


@grounds
def test_what_is_right_is_looked_at_no_more_than_twice_at_each_load(lanes: int) -> None:
    final, _ = told(Ground(lanes=lanes), contested_case("own"))
    assert (final["s/one"].verdict, final["s/one"].reason) == PASS
    assert seen(final["s/one"]) == [(1, "a")] * 3 + [(2, "a")] * 2 + [(3, "a")] * 2 + [(4, "a")] * 3


def test_what_was_wrong_before_it_turned_right_for_good_is_told() -> None:
    final, _ = told(Ground(Chancy(late=2), lanes=2), case("s/one"))
    assert (final["s/one"].verdict, final["s/one"].reason) == PASS
    assert [outcome for revision, outcome in seen(final["s/one"]) if revision == 2] == ["b", "b", "a", "a", "a"]


def test_what_never_turns_right_at_one_load_is_unstable() -> None:
    final, _ = told(Ground(Chancy(wrong_from=3), lanes=2), case("s/one"))
    assert (final["s/one"].verdict, final["s/one"].reason) == UNSTABLE
    assert {outcome for revision, outcome in seen(final["s/one"]) if revision == 3} == {"b"}


def test_what_was_looked_at_when_the_controller_ended_is_looked_at_again() -> None:
    """It ends while the third load of the case is looked at: nothing is told twice, and nothing is left out."""

    class Ending(World):
        def answer(self, wire: WireProbe) -> Answer:
            third = any("'r3." in str(one) for one in list(self.objects.values()))
            main.alive = main.alive and (main.restarts > 0 or not third or ".one." not in wire.host)
            return super().answer(wire)

    stage = Ground(Ending(), lanes=0)
    main = stage.main
    final, _ = told(stage, contested_case("packed"))
    assert (final["s/one"].verdict, final["s/one"].reason) == PASS
    assert seen(final["s/one"])[-4:] == [(2, "a"), (2, "a"), (3, "a"), (3, "a")]
    assert [attempt.counted for attempt in final["s/one"].probes[0].attempts][-4:] == [True, True, False, True]
    assert main.restarts == 1


def test_of_what_spoils_others_the_objects_are_gone_and_are_not_looked_at_again() -> None:
    class Poisonous(World):
        def answer(self, wire: WireProbe) -> Answer:
            odd = any("s-odd" in name for _, _, name in list(self.objects))
            return served("b") if odd and "-after-" in wire.host else super().answer(wire)

    final, _ = told(Ground(Poisonous(), lanes=2), case("s/odd", placement="odd"))
    assert [one.kind for one in final["s/odd"].findings] == ["poison"]
    assert (final["s/odd"].verdict, final["s/odd"].reason) == PASS
    assert [one.counted for one in final["s/odd"].probes[0].attempts] == [True] * 4
