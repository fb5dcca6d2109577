"""Why backends are not ready: read from what kubelet, scheduler and ReplicaSet controller write."""

from typing import Any

import pytest

from conformance.clusters.current.troubles import Trouble, troubles

IMAGE = "registry.example/echo:1"


def pod(
    *, waiting: dict[str, Any] | None = None, last: dict[str, Any] | None = None, **conditions: str
) -> dict[str, Any]:
    state = {"waiting": waiting} if waiting else {"running": {}}
    status = {"name": "echo", "state": state, "lastState": last or {}}
    shown = [{"type": name, "status": "False", "message": text} for name, text in conditions.items()]
    return {"status": {"conditions": shown, "containerStatuses": [status]}}


def only(*pods: dict[str, Any], deployments: tuple[dict[str, Any], ...] = ()) -> Trouble:
    (found,) = troubles(deployments, pods, IMAGE)
    return found


def test_a_pull_that_backs_off_lasts_and_says_which_image_and_what_to_do() -> None:
    message = f'Back-off pulling image "{IMAGE}": ErrImagePull: not found'
    found = only(*[pod(waiting={"reason": "ImagePullBackOff", "message": message})] * 12)
    assert found.lasting
    assert found.text == f"the image {IMAGE} cannot be pulled: ImagePullBackOff: {message}"
    assert "--echo-image" in found.hint
    assert "conformance/echo/Dockerfile" in found.hint


def test_a_first_failed_pull_may_pass() -> None:
    assert not only(pod(waiting={"reason": "ErrImagePull", "message": "timeout"})).lasting


def test_a_container_that_ends_again_and_again() -> None:
    found = only(pod(waiting={"reason": "CrashLoopBackOff"}, last={"terminated": {"exitCode": 255}}))
    assert "255" in found.text
    assert "amd64 or arm64" in found.hint


def test_no_room() -> None:
    assert "Insufficient cpu" in only(pod(PodScheduled="0/1 nodes are available: 1 Insufficient cpu.")).text


@pytest.mark.parametrize(
    "why",
    [
        'violates PodSecurity "restricted:latest": seccompProfile',
        "exceeded quota: all, requested: pods=1, used: pods=6, limited: pods=6",
    ],
)
def test_a_refusal_is_told_once_though_each_pod_has_a_name_of_its_own(why: str) -> None:
    deployments = tuple(
        {"status": {"conditions": [{"type": "ReplicaFailure", "status": "True", "message": message}]}}
        for message in (f'pods "a-1" is forbidden: {why}', f'pods "b-2" is forbidden: {why}')
    )
    found = only(deployments=deployments)
    assert found.lasting
    assert found.text == f"pods are refused: {why}"


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing"])
def test_what_only_takes_its_time_is_no_trouble(reason: str) -> None:
    assert troubles([{}], [pod(waiting={"reason": reason}), pod(), {}], IMAGE) == []


def test_what_lasts_comes_first_and_long_words_are_cut() -> None:
    passing, lasting = pod(PodScheduled="no"), pod(waiting={"reason": "InvalidImageName", "message": "x" * 10_000})
    found = troubles([], [passing, lasting], IMAGE)
    assert [trouble.lasting for trouble in found] == [True, False]
    assert len(found[0].text) < 600
