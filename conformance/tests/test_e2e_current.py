"""A run on a cluster of somebody's own: right verdicts, nothing touched, nothing left, whatever happens.

The cluster is real, Traefik was started by hand, and other people have a shop on it; all stories share it.
"""

import json
import re
import sys
from typing import Any

import pytest

from conformance.tests.current_stories import DISTURBING, MANY
from conformance.tests.current_world import ADDRESS
from conformance.tests.live import begin, run

pytestmark = pytest.mark.e2e

Told = dict[str, Any]


@pytest.fixture(scope="module")
def phases(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Told]]:
    """What all stories saw, in the order of their phases."""
    folder = tmp_path_factory.mktemp("current")
    seen = folder / "seen.json"
    command = f'"$PYTHON" -m conformance.tests.current_world {seen}'
    outcome = begin(folder, "cluster", "shell", "-c", command, prefix=["env", f"PYTHON={sys.executable}"]).finish(400)
    assert outcome.status == 0, outcome.errors
    told: list[dict[str, Told]] = json.loads(seen.read_text())
    return told


@pytest.fixture(scope="module")
def stories(phases: list[dict[str, Told]]) -> dict[str, Told]:
    """What each story saw, by its name."""
    return {name: told for phase in phases for name, told in phase.items() if name}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, str | None]]:
    """The verdicts of the embedded cluster, where every case has its place."""
    return run(tmp_path_factory.mktemp("local"), "run", "traefik", "-k", f"{MANY}").verdicts()


def test_nothing_that_is_not_the_run_s_is_touched_and_nothing_of_it_is_left(phases: list[dict[str, Told]]) -> None:
    for phase in phases:
        ground = phase[""]
        assert ground["before"] == ground["after"]
        assert "Ingress shop/shop" in ground["before"]
        assert ground["left"] == []
        assert ground["shop"], "other people's Ingress is no longer served"


def test_verdicts_are_those_of_the_embedded_cluster(
    stories: dict[str, Told], local: dict[str, tuple[str, str | None]]
) -> None:
    told = stories["judged"]["verdicts"]
    judged = {name: verdict for name, (verdict, _, _) in told.items() if verdict != "skipped"}
    assert judged == {name: verdict for name, (verdict, _) in local.items() if name in judged}
    assert set(judged.values()) == {"pass", "fail"}
    assert set(told) == set(local)
    assert stories["judged"]["status"] == 1


def test_what_would_disturb_others_is_skipped_with_the_reason(stories: dict[str, Told]) -> None:
    told = stories["judged"]["verdicts"]
    for name in ("backends/only-a-default-backend", "path-types/braces"):
        verdict, reason, detail = told[name]
        assert (verdict, reason) == ("skipped", None)
        assert "--exclusive" in detail


def test_exclusive_judges_them_as_the_embedded_cluster_does(
    stories: dict[str, Told], local: dict[str, tuple[str, str | None]]
) -> None:
    told = stories["exclusive"]
    verdicts = {name: verdict for name, (verdict, _, _) in told["verdicts"].items()}
    # It would change the class of the controller, which the run did not make.
    assert verdicts.pop("default-class/served-without-a-class") == "skipped"
    assert verdicts == {name: local[name][0] for name in verdicts}
    assert len(verdicts) == 2, DISTURBING
    assert told["status"] == 0, told["output"]


def test_everything_is_labelled_and_says_who_manages_it(stories: dict[str, Told]) -> None:
    assert stories["judged"]["unlabelled"] == []
    assert "ingress-conformance" in stories["judged"]["managers"]


@pytest.mark.parametrize("story", ["interrupted", "terminated_early"])
def test_a_run_that_is_told_to_end_cleans_up_first(stories: dict[str, Told], story: str) -> None:
    told = stories[story]
    assert told["status"] == 130, told["output"]
    assert re.search(r"making the namespaces conformance-[0-9a-f]{6}", told["output"])
    assert told["left"] == []


def test_what_a_killed_run_leaves_is_cleaned_up_and_nothing_else(stories: dict[str, Told]) -> None:
    told = stories["killed"]
    theirs = ["Namespace labelled", "IngressClass labelled"]
    ours = [name for name in told["left_by_kill"] if name not in theirs]
    assert len(ours) == 2, "the two namespaces of the run"
    for way in ("young", "dry"):
        done, said, left = told[way]
        assert done
        assert all(name in said for name in ours)
        assert set(left) == {*ours, *theirs}
    done, said, left = told["clean"]
    assert (done, set(left)) == (True, set(theirs)), said
    assert told["foreign"] == told["foreign_after"]


def test_two_runs_at_once_do_not_meet_and_cleaning_spares_them(stories: dict[str, Told]) -> None:
    told = stories["two_at_once"]
    one, two = told["verdicts"]
    assert one == two
    assert [status for status, _ in told["ends"]] == [1, 1], told["ends"]
    assert sorted(verdict for verdict, _, _ in one.values()) == ["fail", "pass", "pass"]
    assert "a run that goes on here" in told["clean"][1]
    assert told["left"] == []


@pytest.mark.parametrize(
    ("way", "status", "words"),
    [
        ("class", 3, ["no IngressClass 'theirz'", "did you mean theirs"]),
        ("expired", 3, ["does not accept the credentials", "log in again"]),
        ("closed", 3, [f"{ADDRESS} port 81", "as --address says", "port-forward"]),
        ("other", 3, ["not served", "404 came", "watch all namespaces"]),
        ("no case", 2, ["no case fits"]),
    ],
)
def test_what_cannot_work_says_why_and_what_to_do(
    stories: dict[str, Told], way: str, status: int, words: list[str]
) -> None:
    ended, said = stories["refused"][way]
    assert ended == status, said
    assert all(word in said for word in words), said
    assert "hint" in said
    assert "Traceback" not in said


def test_the_address_is_found_and_said(stories: dict[str, Told]) -> None:
    assert f"sending to {ADDRESS} (http 80, https 443), as the controller wrote" in stories["judged"]["output"]
    status, said = stories["told_by_service"]["run"]
    assert status == 0, said
    assert f"sending to {ADDRESS} (http 80, https 443), as Service default/traefik says" in said


def test_the_published_rights_are_enough_and_bind_the_account_to_its_own(stories: dict[str, Told]) -> None:
    told = stories["least_rights"]
    assert "create namespaces" in told["none"]
    assert "create ingresses.networking.k8s.io" in told["none"]
    status, said = told["run"]
    assert status == 1, said
    assert told["clean"][0] == 0, told["clean"]
    assert told["denied"].pop("read secrets").startswith("rights")
    assert set(told["denied"].values()) == {"policy"}, told["denied"]


def test_restricted_pod_security_and_a_quota_admit_the_backends(stories: dict[str, Told]) -> None:
    assert stories["strict_admission"]["ready"], stories["strict_admission"]["deployments"]


def test_a_foreign_object_of_the_same_name_is_left_alone(stories: dict[str, Told]) -> None:
    assert set(stories["foreign_names"]["refused"].values()) == {"owner"}
