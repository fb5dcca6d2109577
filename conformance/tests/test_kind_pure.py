"""The pure parts of kind clusters: options, configuration, manifests, workloads."""

import threading
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.cli.run_kind import judge_kind
from conformance.clusters.current.patience import Patience
from conformance.clusters.kind.configuration import configuration, environment
from conformance.clusters.kind.controller import Workload
from conformance.clusters.kind.manifests import for_instance, images_of, parsed, with_images, written_manifests
from conformance.clusters.kind.opening import KindOpening, checked, installed_version
from conformance.clusters.kind.settings import KindSettings, kind_settings, parsed_images, repository
from conformance.clusters.kind.stage import KindStage
from conformance.controllers.catalogue import find
from conformance.errors import BadInput, HarnessFailure
from conformance.suite.kind_cluster import kind_settings_on
from conformance.suite.own_cluster import settings_on
from conformance.tests.plans import case, probe

DIGEST, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64
NOTHING = {
    **dict.fromkeys(("node_image", "kind_config", "manifests", "echo_image", "controller_version"), ""),
    **dict.fromkeys(("kubeconfig", "context", "ingress_class", "address", "http_port", "https_port"), ""),
    "image": (),
    "keep": False,
    "exclusive": False,
    "programs": (),
}


def deployment(*images: str, **more: Any) -> dict[str, Any]:
    containers = [{"name": f"c{number}", "image": image} for number, image in enumerate(images)]
    meta = {"name": "d", "namespace": "n"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta,
        "spec": {"template": {"spec": {"containers": containers}}},
        **more,
    }


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("traefik", "docker.io/library/traefik"),
        ("traefik:v3.7.15", "docker.io/library/traefik"),
        ("projectcontour/contour:v1", "docker.io/projectcontour/contour"),
        ("quay.io/cilium/cilium:v1@" + DIGEST, "quay.io/cilium/cilium"),
        ("localhost:5000/a/b:1", "localhost:5000/a/b"),
        ("localhost/a", "localhost/a"),
        ("docker.io/library/traefik@" + DIGEST, "docker.io/library/traefik"),
    ],
)
def test_repository(name: str, whole: str) -> None:
    assert repository(name) == whole


def test_images_of_the_users_own(tmp_path: Path) -> None:
    archive = tmp_path / "own.tar"
    archive.touch()
    assert parsed_images(["traefik=mine:1", f"quay.io/a/b={archive}"]) == {
        "docker.io/library/traefik": "mine:1",
        "quay.io/a/b": str(archive),
    }


@pytest.mark.parametrize("text", ["traefik", "traefik=", "=x", "a b=c", "traefik=--privileged", "a=/nowhere/x.tar"])
def test_images_that_are_none(text: str) -> None:
    with pytest.raises(BadInput) as told:
        parsed_images([text])
    assert told.value.where == "--image"
    assert told.value.hint


def test_an_image_twice_is_refused() -> None:
    with pytest.raises(BadInput, match="twice"):
        parsed_images(["traefik=a:1", "docker.io/library/traefik=b:1"])


def test_options_that_look_like_options_are_no_images() -> None:
    with pytest.raises(BadInput):
        kind_settings(node_image="--privileged")


def test_options_of_kind_on_another_cluster() -> None:
    for cluster in ("local", "current"):
        with pytest.raises(BadInput, match="kind cluster"):
            kind_settings_on(cluster, {**NOTHING, "keep": True})
    assert kind_settings_on("kind", {**NOTHING, "keep": True}).keep


def test_options_of_the_users_own_cluster_on_kind() -> None:
    settings_on("kind", {**NOTHING, "echo_image": "echo:1", "controller_version": "1"})
    assert kind_settings_on("kind", {**NOTHING, "echo_image": "echo:1"}).echo_image == "echo:1"
    with pytest.raises(BadInput) as told:
        settings_on("kind", {**NOTHING, "address": "192.0.2.1", "echo_image": "echo:1"})
    assert told.value.where == "--address"
    with pytest.raises(BadInput, match="cluster of your own"):
        settings_on("local", {**NOTHING, "echo_image": "echo:1"})


def test_programs_mean_nothing_on_kind() -> None:
    with pytest.raises(BadInput, match="no program is started"):
        kind_settings_on("kind", {**NOTHING, "programs": ("traefik=x",)})


def test_configuration_of_one_plain_node() -> None:
    plain, old = (yaml.safe_load(configuration("", cgroup_v1=cgroup_v1)) for cgroup_v1 in (False, True))
    assert plain["nodes"] == old["nodes"] == [{"role": "control-plane"}]
    added = [patch for patch in old["kubeadmConfigPatches"] if patch not in plain["kubeadmConfigPatches"]]
    assert [yaml.safe_load(patch) for patch in added] == [{"kind": "KubeletConfiguration", "failCgroupV1": False}]


def test_patches_of_kubeadm_name_their_version() -> None:
    patches = map(yaml.safe_load, yaml.safe_load(configuration("", cgroup_v1=True))["kubeadmConfigPatches"])
    # Without it, kind would patch the configuration of older nodes too, which has other fields.
    assert all("apiVersion" in patch for patch in patches if patch["kind"] != "KubeletConfiguration")


def test_the_users_configuration_is_taken_as_it_is() -> None:
    assert configuration("kind: Cluster\n", cgroup_v1=True) == "kind: Cluster\n"


def test_a_network_of_the_runs_own_unless_the_user_has_one() -> None:
    assert environment("docker", "run-1", {}) == {"KIND_EXPERIMENTAL_DOCKER_NETWORK": "run-1"}
    assert environment("podman", "run-1", {}) == {"KIND_EXPERIMENTAL_PODMAN_NETWORK": "run-1"}
    assert environment("docker", "run-1", {"KIND_EXPERIMENTAL_DOCKER_NETWORK": "mine"}) == {}


def test_documents_and_lists_are_objects() -> None:
    text = (
        "---\n---\n{apiVersion: v1, kind: A}\n---\n{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: B}]}\n"
    )
    assert [manifest["kind"] for manifest in parsed(text)] == ["A", "B"]


@pytest.mark.parametrize("text", ["just words", "a: [", "{kind: A}"])
def test_what_is_no_object(text: str) -> None:
    with pytest.raises(HarnessFailure):
        list(parsed(text))


def test_images_are_pinned_and_replaced() -> None:
    images = [f"docker.io/library/traefik:v1@{DIGEST}", "quay.io/a/b:v2", f"example.com:5000/x:v3@{DIGEST}"]
    run = ("traefik:v1", "traefik:v9", "traefik", f"traefik:v1@{OTHER}", "quay.io/a/b:v2", "c", "example.com:5000/x:v3")
    made = with_images([deployment(*run)], images, {})
    assert images_of(made) == [f"traefik:v1@{DIGEST}", *run[1:6], f"example.com:5000/x:v3@{DIGEST}"]
    made = with_images([deployment("traefik:v1", "quay.io/a/b:v2")], images, {"docker.io/library/traefik": "own:1"})
    assert images_of(made) == ["own:1", "quay.io/a/b:v2"]
    first = made[0]["spec"]["template"]["spec"]["containers"][0]
    assert first["imagePullPolicy"] == "IfNotPresent", "an image that is on the nodes only must not be pulled"


def test_instances_of_traefik_differ_in_whatever_is_theirs() -> None:
    entry = find("traefik")
    assert entry.manifests is not None
    written = list(parsed(entry.manifests.template))
    first, third = for_instance(entry, written, 1), for_instance(entry, written, 3)
    keys = [
        {(m["kind"], m["metadata"]["name"], m["metadata"].get("namespace")) for m in manifests}
        for manifests in (first, third)
    ]
    assert not keys[0] & keys[1], "no object of one is another's"
    assert "{" not in yaml.safe_dump(third).replace("{}", ""), "no placeholder is left"
    (container,) = next(m for m in third if m["kind"] == "Deployment")["spec"]["template"]["spec"]["containers"]
    assert "--providers.kubernetesingress.ingressclass=traefik-3" in container["args"]


@pytest.mark.parametrize("name", ["traefik", "traefik-strict", "skipper"])
def test_a_template_has_the_rights_and_options_of_the_embedded_cluster(name: str) -> None:
    entry = find(name)
    assert entry.manifests is not None
    assert entry.process is not None
    written = list(parsed(entry.manifests.template))
    role = next(m for m in written if m["kind"] == "ClusterRole")
    assert role["rules"] == [rule.model_dump(mode="json", exclude_none=True) for rule in entry.process.rbac]
    installed = for_instance(entry, written, 1)
    (container,) = next(m for m in installed if m["kind"] == "Deployment")["spec"]["template"]["spec"]["containers"]
    # What is about the place it runs in has other values, or none.
    place = {"address=", "endpoint=", "certauthfilepath=", "token", "ingressendpoint.", "ping", "listener="}
    place |= {"kubernetes-url=", "in-cluster", "providers.file."}
    command = [word.replace("{class}", entry.ingress_class.name) for word in entry.process.command]
    options = [
        {word for word in words if word.startswith("-") and not any(part in word for part in place)}
        for words in (command, container["args"])
    ]
    assert options[0] == options[1]


def test_arguments_of_a_variant_go_to_the_workload_and_nowhere_else() -> None:
    entry = find("traefik-strict")
    assert entry.manifests is not None
    written = [deployment("helper:1"), *parsed(entry.manifests.template)]
    written[0]["metadata"]["name"] = "helper"
    made = for_instance(entry, written, 1)
    strict = [m["metadata"]["name"] for m in made if "strictprefixmatching=true" in str(m)]
    assert strict == ["traefik"]
    assert "strictprefixmatching" not in str(written), "what was written stays as it was"
    with pytest.raises(HarnessFailure, match="hold no deployment/traefik"):
        for_instance(entry, written[:1], 1)


def test_manifests_of_the_users_own_are_taken_as_they_are(tmp_path: Path) -> None:
    own = tmp_path / "mine.yaml"
    own.write_text(yaml.safe_dump({**deployment("traefik:v1"), "metadata": {"name": "{class}"}}))
    settings = kind_settings(manifests=str(own))
    entry = checked(find("traefik"), settings)
    assert entry.manifests is not None
    (written,) = written_manifests(entry.manifests, settings.manifests, Patience())
    (made,) = for_instance(entry, [written], 1)
    assert made["metadata"]["name"] == "{class}", "what looks like a placeholder there is not ours"
    assert installed_version(entry, settings) == "unknown (own manifests mine.yaml)"
    # One installation cannot be several instances.
    ours = {"kind": "IngressClass", "metadata": {"name": "@class"}, "spec": {"controller": "@controller"}}
    assert KindOpening(entry, settings, 1.0, None, 0.0).skipped([case("a/ours", ours)])
    with pytest.raises(BadInput, match="is no file"):
        kind_settings(manifests=str(tmp_path / "missing.yaml"))
    with pytest.raises(BadInput, match="for one controller"):
        judge_kind(["traefik", "skipper"], {}, {**NOTHING, "manifests": str(own)})


def workload(**status: Any) -> "FakeApi":
    stored = {"metadata": {"generation": 2}, "spec": {"replicas": 1}, "status": {"observedGeneration": 2, **status}}
    return FakeApi(stored)


class FakeApi:
    def __init__(self, stored: dict[str, Any]) -> None:
        self.stored = stored

    def request(self, method: str, path: str) -> dict[str, Any]:
        assert (method, path) == ("GET", "/apis/apps/v1/namespaces/n/deployments/d")
        return self.stored


def test_a_workload_is_ready_when_its_newest_pods_are() -> None:
    found = Workload.parsed("deployment/d", "n")
    ready = [
        found.ready(api)  # type: ignore[arg-type]
        for api in (
            workload(updatedReplicas=1, readyReplicas=1),
            workload(updatedReplicas=1),
            workload(readyReplicas=1),
            workload(updatedReplicas=1, readyReplicas=1, observedGeneration=1),
        )
    ]
    assert ready == [True, False, False, False]


def test_what_names_no_workload() -> None:
    for text in ("traefik", "pod/traefik", "deployment/"):
        with pytest.raises(HarnessFailure):
            Workload.parsed(text, "n")


def test_an_own_image_is_named_in_the_version() -> None:
    entry = find("traefik")
    assert installed_version(entry, KindSettings()) == "3.7.15"
    own = KindSettings(images={"docker.io/library/traefik": "/somewhere/t.tar"})
    assert installed_version(entry, own) == "unknown (own image t.tar)"
    said = KindSettings(images=own.images, controller_version="3.7.15")
    assert installed_version(entry, said) == "3.7.15 (own image t.tar)"


def test_an_installation_that_nobody_has_tried_is_named_in_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KindStage, "set_up", lambda *_: None)

    def run(name: str, settings: KindSettings) -> tuple[str, list[str]]:
        said: list[str] = []
        opening = KindOpening(find(name), settings, 1.0, tmp_path, 0.0)
        opening.open(lambda: [case("a/plain")], lambda _: None, said.append, threading.Event())
        return opening.controller.version, said

    version, (warning,) = run("kong", KindSettings())
    assert version == "3.5.13 (installation unverified)"
    assert "kong" in warning
    own = KindSettings(images={"docker.io/library/kong": "mine:1"})
    assert run("kong", own)[0] == "unknown (own image mine:1, installation unverified)"
    # With manifests of the user's own, the entry's are not used.
    assert run("kong", KindSettings(manifests=Path("kong.yaml"))) == ("unknown (own manifests kong.yaml)", [])
    assert run("traefik", KindSettings()) == ("3.7.15", [])


def test_only_what_can_be_installed_runs_there() -> None:
    with pytest.raises(BadInput, match="no way to be installed"):
        checked(find("reference"), KindSettings())
    with pytest.raises(BadInput, match="has no image"):
        checked(find("traefik"), KindSettings(images={"docker.io/library/nginx": "x"}))


@pytest.mark.parametrize(
    "config",
    ["", "kind: Cluster\n", "networking: {disableDefaultCNI: false}", "networking: yes", "- networking", "a: [", "{}"],
)
def test_what_brings_the_network_needs_a_cluster_without_one(config: str, tmp_path: Path) -> None:
    file = tmp_path / "kind.yaml"
    file.write_text(config)
    for settings in (KindSettings(), KindSettings(config=file)):
        with pytest.raises(BadInput, match="cilium is the network of its cluster") as told:
            checked(find("cilium"), settings)
        assert told.value.where == "--kind-config"
        assert "disableDefaultCNI: true" in told.value.hint
    assert checked(find("traefik"), KindSettings(config=file)) == find("traefik")


def test_a_cluster_without_a_network_is_for_what_brings_one(tmp_path: Path) -> None:
    file = tmp_path / "kind.yaml"
    file.write_text("kind: Cluster\nnetworking: {disableDefaultCNI: true}\n")
    assert checked(find("cilium"), KindSettings(config=file)) == find("cilium")


def test_one_instance_keeps_its_class() -> None:
    own = {"kind": "IngressClass", "metadata": {"name": "@class"}, "spec": {"controller": "@controller"}}
    cases = [case("a/plain"), case("a/ours", own)]

    def skipped(name: str) -> set[str]:
        return set(KindOpening(find(name), KindSettings(), 1.0, None, 0.0).skipped(cases))

    assert skipped("traefik") == set()
    assert skipped("contour") == {cases[1].id}


def test_what_is_sent_from_several_addresses_cannot_be_seen_beyond_this_machine() -> None:
    cases = [case("a/plain"), case("a/sources", probes=(probe(source="127.0.0.5"),))]
    assert set(KindOpening(find("traefik"), KindSettings(), 1.0, None, 0.0).skipped(cases)) == {"a/sources"}


def test_a_variant_that_runs_otherwise_is_not_installed_as_the_other_entry(tmp_path: Path) -> None:
    variant = tmp_path / "mine.yaml"
    variant.write_text(
        "variant-of: traefik\nname: mine\ndescription: Another option.\nprocess: {add-arguments: [--log.level=DEBUG]}\n"
    )
    assert find(str(variant)).manifests is None
