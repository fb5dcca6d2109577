"""The reference's choice of a backend against an oracle that is written from the specification's words alone.

The reference decides what a right controller looks like, so a mistake in it would hide wrong cases. Both are asked
about random Ingresses and random requests. Hypothesis makes a few thousand and shrinks what it finds; a loop with a
seed makes many more: ``python -m conformance.tests.test_matching_oracle [EXAMPLES [SEED]]``.
"""

import json
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.reference.matching import choose
from conformance.reference.mutants import parse
from conformance.tests.ingress_oracle import NOBODY, may_answer
from conformance.tests.reference_world import backend, ingress, rule, snapshot

EXAMPLES, SEED = 100_000, 1453
REQUESTS = 10
HOSTS = ("a.t", "b.t", "x.a.t", "y.x.a.t", "*.t", "*.a.t", "*.x.a.t", "*.b.t", "A.t", None)
NAMES = ("a.t", "b.t", "c.t", "x.a.t", "z.a.t", "y.x.a.t", "q.y.x.a.t", "t", "xa.t", "10.0.0.9", "*.a.t")
ELEMENTS = ("a", "b", "ab", "A", "aa", "a.b", "a%20b", "axb")

Ingresses = list[dict[str, Any]]


@dataclass(frozen=True)
class World:
    """Ingresses, and requests to them as Host header and target."""

    ingresses: Ingresses
    requests: list[tuple[str, str]]


def world(dice: random.Random) -> World:
    """Return Ingresses that the API server would take (no odd paths) and requests near to what they name."""
    made = [an_ingress(dice, number) for number in range(dice.randint(1, 3))]
    known = [path["path"] for one in made for rule in one["spec"]["rules"] for path in rule["http"]["paths"]]
    return World(made, [a_request(dice, known or ["/"]) for _ in range(REQUESTS)])


def an_ingress(dice: random.Random, number: int) -> dict[str, Any]:
    rules = []
    for which in range(dice.randint(0, 3)):
        paths = [
            (dice.choice(("Exact", "Prefix")), a_path(dice), f"s{number}-{which}-{turn}")
            for turn in range(dice.randint(1, 4))
        ]
        rules.append(rule(dice.choice(HOSTS), *paths))
    default: dict[str, Any] = {"defaultBackend": backend(f"d{number}")} if not rules or dice.random() < 0.3 else {}
    return ingress(f"i{number}", *rules, created=dice.randint(0, 2), **default)


def a_path(dice: random.Random) -> str:
    elements = [dice.choice(ELEMENTS) for _ in range(dice.randint(0, 3))]
    slash = "/" if elements and dice.random() < 0.3 else ""
    return "/" + "/".join(elements) + slash


def a_request(dice: random.Random, known: list[str]) -> tuple[str, str]:
    near = dice.choice(known)
    end = dice.choice(("", "", "/", "a", "/a", "/b/a", "/A"))
    target = a_path(dice) if dice.random() < 0.3 else "/" + f"{near.removesuffix('/')}{end}".removeprefix("/")
    name = dice.choice(NAMES)
    shown = name.upper() if dice.random() < 0.1 else name
    return shown + dice.choice(("", "", ":80", ":8443")), target + dice.choice(("", "", "?", "?x=/a/b", "?/"))


def disagreements(asked: World, chooser: Any = choose) -> Iterator[str]:
    """Yield each request that the reference does not answer as the specification demands."""
    table = snapshot(ingresses=asked.ingresses).table
    for authority, target in asked.requests:
        chosen = chooser(table, authority, target)
        answer = chosen.service if chosen else NOBODY
        allowed = may_answer(asked.ingresses, authority, target)
        if answer not in allowed:
            yield f"{authority} {target}: {answer}, and the specification allows {sorted(map(str, allowed))}"


def smallest(asked: World, chooser: Any = choose) -> World:
    """Return a part of a world that still shows a disagreement, from which nothing more can be left out."""
    for smaller in _smaller(asked):
        if next(disagreements(smaller, chooser), None):
            return smallest(smaller, chooser)
    return asked


def _smaller(asked: World) -> Iterator[World]:
    for request in asked.requests if len(asked.requests) > 1 else ():
        yield World(asked.ingresses, [request])
    for n, one in enumerate(asked.ingresses):
        before, after, spec = asked.ingresses[:n], asked.ingresses[n + 1 :], one["spec"]
        yield World(before + after, asked.requests)
        specs = (
            [{key: value for key, value in spec.items() if key != "defaultBackend"}] if "defaultBackend" in spec else []
        )
        for m, rule_ in enumerate(spec["rules"]):
            rest = spec["rules"][:m], spec["rules"][m + 1 :]
            specs.append({**spec, "rules": [*rest[0], *rest[1]]})
            paths = rule_["http"]["paths"]
            for p in range(len(paths) if len(paths) > 1 else 0):
                fewer = {**rule_, "http": {"paths": paths[:p] + paths[p + 1 :]}}
                specs.append({**spec, "rules": [*rest[0], fewer, *rest[1]]})
        yield from (World([*before, {**one, "spec": smaller}, *after], asked.requests) for smaller in specs)


def told(asked: World, chooser: Any = choose) -> str:
    """Return a disagreement in its smallest form."""
    least = smallest(asked, chooser)
    return "\n".join([*disagreements(least, chooser), json.dumps([one["spec"] for one in least.ingresses], indent=1)])


def search(examples: int, seed: int, chooser: Any = choose) -> tuple[str, World] | None:
    """Return the first world of so many requests in which they disagree, with the seed that makes it alone."""
    for turn in range(examples // REQUESTS):
        asked = world(random.Random(f"{seed}/{turn}"))
        if next(disagreements(asked, chooser), None):
            return f"{seed}/{turn}", asked
    return None


def explained(found: tuple[str, World] | None) -> str:
    """Return what the search found, for whoever has to mend it."""
    return f"seed {found[0]}: {told(found[1])}" if found else ""


@settings(max_examples=300)
@given(st.randoms(use_true_random=False))
def test_the_reference_answers_as_the_specification_says(dice: random.Random) -> None:
    asked = world(dice)
    assert not next(disagreements(asked), None), told(asked)


def test_it_does_so_for_many_more_requests() -> None:
    assert not (found := search(EXAMPLES, SEED)), explained(found)


WRONG = (
    "string-prefix",
    "first-listed-wins",
    "prefix-before-exact",
    "exact-before-longer",
    "longest-by-characters",
    "trailing-slash-strict",
    "exact-ignores-trailing-slash",
    "case-insensitive-paths",
    "regex-paths",
    "query-in-path",
    "wildcard-many-labels",
    "wildcard-apex",
    "wildcard-fallthrough",
    "hostless-fallthrough",
    "hostless-first",
    "host-ignored",
    "host-as-suffix",
    "host-port-unmatched",
    "host-case-sensitive",
    "default-backend-ignored",
    "default-backend-shadows",
)


@pytest.mark.parametrize("mutant", WRONG)
def test_the_oracle_sees_each_way_to_match_wrongly(mutant: str) -> None:
    """An oracle that allowed everything would agree with everybody."""
    assert search(EXAMPLES, SEED, parse(mutant).choose)


def test_a_disagreement_is_told_in_its_smallest_form() -> None:
    wrong = parse("string-prefix").choose
    found = search(EXAMPLES, SEED, wrong)
    assert found is not None
    least = smallest(found[1], wrong)
    assert [len(least.ingresses), len(least.requests)] == [1, 1]
    [left] = least.ingresses[0]["spec"]["rules"]
    assert len(left["http"]["paths"]) == 1


def main() -> int:
    """Search for a disagreement and print it, or that there is none."""
    examples, seed = (int(given) for given in [*sys.argv[1:3], *("100000", str(SEED))[len(sys.argv[1:3]) :]])
    began = time.monotonic()
    found = search(examples, seed)
    spent = time.monotonic() - began
    sys.stdout.write(f"{explained(found) or f'no disagreement in {examples} requests, seed {seed}, {spent:.1f} s'}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
