"""What a run writes is labelled, and nothing else is touched; what is left is found by label and name."""

import datetime as dt
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client import ApiClient

from conformance.clusters.api import Manifest
from conformance.clusters.current import leftovers as leftovers_module
from conformance.clusters.current.cleaning import chosen_of, parsed_age
from conformance.clusters.current.going_on import goes_on, going_on
from conformance.clusters.current.leftovers import Leftover
from conformance.clusters.current.owned import OwnedApi
from conformance.errors import BadInput, HarnessFailure
from conformance.plan.ground import IMAGE, backend_manifests, backend_objects

LABEL = "ingress-conformance.dev/run"
OWNED = OwnedApi(ApiClient(), "abc123", ("conformance-abc123",), "example.org/echo:1")
FOREIGN: Manifest = {"kind": "Ingress", "metadata": {"name": "shop", "namespace": "shop"}}
WRITES: list[Callable[[Manifest], object]] = [OWNED.create, OWNED.merge, OWNED.apply, OWNED.put, OWNED.delete]


@pytest.mark.parametrize("write", WRITES)
def test_no_write_goes_to_a_namespace_of_somebody_else(write: Callable[[Manifest], object]) -> None:
    # Nothing listens at the client's address: a request would fail in another way.
    with pytest.raises(HarnessFailure, match="Ingress shop/shop is not in a namespace of the run"):
        write(FOREIGN)


def test_no_pod_of_somebody_else_is_called() -> None:
    with pytest.raises(HarnessFailure, match="Pod shop/till"):
        OWNED.call_pod("shop", "till", 8079, "/ready?value=false")


def test_all_that_is_written_has_the_label_beside_its_own() -> None:
    manifest: Manifest = {"kind": "Service", "metadata": {"name": "a", "labels": {"x": "y"}}}
    assert OWNED._own(manifest)["metadata"] == {"name": "a", "labels": {"x": "y", LABEL: "abc123"}}
    assert manifest["metadata"]["labels"] == {"x": "y"}


def test_every_backend_gets_the_image_that_was_named() -> None:
    backends = [*backend_manifests("abc123"), *backend_objects("own", "conformance-abc123", 2)]
    images = [
        container["image"]
        for manifest in map(OWNED._own, backends)
        if manifest["kind"] == "Deployment"
        for container in manifest["spec"]["template"]["spec"]["containers"]
    ]
    assert set(images) == {"example.org/echo:1"}
    assert IMAGE in str(backends)


def test_a_change_of_a_part_of_a_deployment_stays_that() -> None:
    part: Manifest = {"kind": "Deployment", "metadata": {"name": "a"}, "spec": {"replicas": 2}}
    assert OWNED._own(part)["spec"] == {"replicas": 2}


# What is left of runs.


def found(kind: str, name: str, run_id: str) -> list[Leftover]:
    meta = {"name": name, "labels": {LABEL: run_id}, "uid": "1", "creationTimestamp": "2026-11-24T12:00:00Z"}
    return list(leftovers_module._read(kind, {"metadata": meta}))


def test_what_carries_the_label_but_not_the_name_of_a_run_is_not_a_run_s() -> None:
    assert [str(one) for one in found("Namespace", "conformance-abc123", "abc123")] == ["Namespace conformance-abc123"]
    assert found("Namespace", "conformance-abc123-other", "abc123")
    assert found("IngressClass", "classes-main-abc123", "abc123")
    for kind, name, run_id in (
        ("Namespace", "shop", "abc123"),
        ("Namespace", "conformance-abc124", "abc123"),
        ("Namespace", "conformance-", ""),
        ("IngressClass", "traefik", "abc123"),
        ("IngressClass", "traefik", ""),
    ):
        assert found(kind, name, run_id) == []


def test_younger_ones_and_those_of_runs_that_go_on_are_spared() -> None:
    noon = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
    (one,), (other,) = found("Namespace", "conformance-a", "a"), found("Namespace", "conformance-b", "b")
    assert chosen_of([one, other], noon, lambda run_id: run_id == "b") == [one]
    assert chosen_of([one, other], noon - dt.timedelta(seconds=1), lambda _: False) == []


@pytest.mark.parametrize(("text", "seconds"), [("0s", 0), ("90s", 90), ("30m", 1800), ("1h", 3600), ("2d", 172800)])
def test_an_age_is_read(text: str, seconds: int) -> None:
    assert parsed_age(text) == dt.timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "1", "h", "-1h", "1w", "1h30m", "999999d", "1 h"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is no age"):
        parsed_age(text)


def test_a_run_goes_on_until_its_process_ends_however_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGRESS_CONFORMANCE_CACHE", str(tmp_path))
    script = (
        "from conformance.clusters.current.going_on import going_on\n"
        "with going_on('abc123'):\n    print('on', flush=True)\n    input()\n"
    )
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", script], **pipes) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "on\n"
        assert goes_on("abc123")
        assert not goes_on("abc124")
        process.kill()
    assert not goes_on("abc123")
    assert list((tmp_path / "runs").iterdir()) == []


def test_where_nothing_can_be_written_a_run_goes_on_unseen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("INGRESS_CONFORMANCE_CACHE", str(blocked))
    with going_on("abc123"):
        assert not goes_on("abc123")


@pytest.mark.parametrize("run_id", ["..", "a/b", "", "."])
def test_an_id_from_a_cluster_does_not_lead_out_of_the_folder(run_id: str) -> None:
    assert not goes_on(run_id)
