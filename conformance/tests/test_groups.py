"""Which cases share an instance."""

import pytest

from conformance.case.model import NO_MATCH, Case, Expectation, Manifest, Probe
from conformance.case.steps import Action, Backend, Named, Step
from conformance.engine.groups import GROUP, groups, longest_first
from conformance.tests.plans import case, ingress, probe

SERVED = probe("foo.com", id="GET foo.com, later", expect=Expectation(outcome="b"))
GONE = probe("foo.com", id="GET foo.com, later", expect=Expectation(outcome=NO_MATCH))
STATUS = probe("foo.com", id="address", expect=Expectation(outcome="b")).model_copy(update={"status_of": "main"})
SECRET: Manifest = {"kind": "Secret", "metadata": {"name": "one"}}
TO_B = Action(apply=ingress("foo.com", backend="b"))


def stepped(name: str, *actions: Action, seen: Probe = SERVED) -> Case:
    step = Step(title="A change", actions=actions, probes=(seen,))
    return case(f"s/{name}").model_copy(update={"steps": (step,)})


@pytest.mark.parametrize(
    ("what", "unannounced"),
    [
        (stepped("secret", Action(apply=SECRET)), True),
        (stepped("class", Action(delete=Named(kind="IngressClass", name="own"))), True),
        (stepped("scaled", Action(scale=Backend(name="web", replicas=3))), True),
        (stepped("unready", Action(unready="web")), True),
        (stepped("replaced", Action(replace="web")), True),
        (stepped("nothing-but-time"), True),
        (stepped("ingress", TO_B), False),
        (stepped("deleted", Action(delete=Named(kind="Ingress", name="main"))), False),
        (stepped("both", Action(apply=SECRET), TO_B), False),
        (stepped("restart", Action(restart="controller")), False),
        (stepped("unrelated", Action(unrelated_updates=3)), False),
        (stepped("absence", Action(apply=SECRET), seen=GONE), False),
        (stepped("status", Action(apply=SECRET), seen=STATUS), False),
    ],
    ids=lambda value: value.id if isinstance(value, Case) else "",
)
def test_what_no_ingress_tells_of_is_noticed_without_neighbours_that_write_some(what: Case, unannounced: bool) -> None:
    beside = [case("s/one"), stepped("two", TO_B)]
    found = list(groups([beside[0], what, beside[1]]))
    assert what.steps[0].unannounced is unannounced
    assert found == ([beside, [what]] if unannounced else [[beside[0], what, beside[1]]])


def test_others_share_an_instance_in_their_order_a_dozen_each() -> None:
    cases = [case(f"s/{number}") for number in range(GROUP + 1)]
    assert list(groups(cases)) == [cases[:GROUP], cases[GROUP:]]


def test_who_has_most_to_do_begins_first() -> None:
    none, one, two = case("s/none"), stepped("one", TO_B), stepped("two", Action(unrelated_updates=9))
    assert longest_first([[none]], [[one], [none, two]]) == [[none, two], [one], [none]]
