"""Ingresses of several classes: those that nobody asked for are counted, and none meets one of another class."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.cli.migrate import _reading
from conformance.errors import BadInput
from conformance.migrate.changes import Pair
from conformance.migrate.classes import of_class
from conformance.migrate.found import CLASS_ANNOTATION, Reading
from conformance.migrate.grouping import groups
from conformance.migrate.migration import migration_of
from conformance.migrate.plan import Plan, plan_of
from conformance.tests.migrations import found, ingress, plan, report, served, shown


def classed(name: str, of: str = "", *, annotated: bool = False, **more: Any) -> dict[str, Any]:
    made = ingress(name, **more)
    if of and annotated:
        made["metadata"]["annotations"][CLASS_ANNOTATION] = of
    elif of:
        made["spec"]["ingressClassName"] = of
    return made


def together(*manifests: dict[str, Any]) -> list[list[str]]:
    return [[one.name for one in group.ingresses] for group in groups(found(*manifests))]


def notes(made: Plan, kind: str) -> dict[str, str]:
    return {one.ingress: one.why for one in made.left_out if one.kind == kind}


def test_those_of_two_classes_are_apart_on_the_same_host_however_they_name_them() -> None:
    three = classed("a", "nginx"), classed("b", "internal"), classed("c", "nginx", annotated=True)
    assert together(*three) == [["a", "c"], ["b"]]
    bare = [classed("x", "nginx"), classed("y", "internal")]
    for one in bare:
        del one["spec"]["rules"][0]["host"]
    assert together(*bare) == [["x"], ["y"]]


def test_a_path_of_two_classes_is_not_contested_and_each_class_is_judged_for_itself() -> None:
    made = plan(classed("a", "nginx", service="x"), classed("b", "internal", service="y"))
    assert not notes(made, "chance")
    assert notes(plan(classed("a", "nginx", service="x"), classed("b", "nginx", service="y")), "chance")
    assert set(notes(made, "class")) == set(notes(made, "class-shared")) == {"shop/a", "shop/b"}
    assert notes(made, "class")["shop/b"].startswith("of class internal: each class is judged for itself")
    apart = plan(classed("a", "nginx"), classed("b", "internal", host="other.example"))
    assert not notes(apart, "class-shared")
    assert set(notes(apart, "class")) == {"shop/a", "shop/b"}


def test_one_without_a_class_is_of_the_only_one_that_others_name_and_else_of_none() -> None:
    two = classed("a", "nginx"), classed("b")
    assert together(*two) == [["a", "b"]]
    assert notes(plan(*two), "class-assumed") == {
        "shop/b": "without a class, on hosts of class nginx: judged as if of that class"
    }
    assert together(*two, classed("c", "internal", host="c.example")) == [["a"], ["b"], ["c"]]
    for same in ("", "nginx"):
        made = plan(classed("a", same), classed("b", same))
        assert not any(one.kind.startswith("class") for one in made.left_out)


def test_what_the_class_that_was_asked_for_leaves_out_is_told_with_number_and_examples() -> None:
    read = Reading(found(classed("a", "nginx"), classed("b", "internal"), classed("c", "internal"), classed("d")))
    kept = of_class(read, "nginx")
    assert [one.name for one in kept.ingresses] == ["a"]
    made = plan_of(kept.ingresses)
    whole = migration_of(kept, made, Pair(report("before", made, served), report("after", made, served)))
    told = {one.why: (one.count, one.examples) for one in whole.left_out if one.kind == "class"}
    assert told == {
        "of class internal: only class nginx was to be judged": (2, ("shop/b", "shop/c")),
        "without a class: only class nginx was to be judged": (1, ("shop/d",)),
    }
    assert "class (2): shop/b, shop/c. of class internal: only class nginx was to be judged" in shown(whole)


def test_a_class_that_nobody_has_is_told_with_those_that_were_read(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump_all([classed("a", "nginx"), classed("b")]))
    assert [one.ingress for one in _reading((str(file),), "", "", "nginx").left_out] == ["shop/b"]
    with pytest.raises(BadInput) as raised:
        _reading((str(file),), "", "", "nginxx")
    assert raised.value.hint == "1 of class nginx, 1 without a class were read"
