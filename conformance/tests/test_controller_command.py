"""Command lines, environment, files and objects of an instance: what becomes of an entry in one place."""

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from conformance.controllers.catalogue import find
from conformance.controllers.command import HIDDEN, PRIVATE, invocation
from conformance.controllers.manifests import account_manifests, namespace_of, own_manifests, rbac_manifests
from conformance.controllers.placeholders import all_placeholders, expand, expand_all, placeholders
from conformance.tests.entries import OWN, TOKEN, site


class TestPlaceholders:
    def test_only_words_in_braces(self) -> None:
        text = '{"a": {b}, {{c}}, {} {D}} {http-port}'
        assert list(placeholders(text)) == ["b", "http-port"]
        assert expand(text, {"b": "{c}", "http-port": "80"}) == '{"a": {c}, {c}, {} {D}} 80'

    def test_in_plain_data(self) -> None:
        data = {"{a}": ["{b}", 1, {"c": "{a}"}], "d": None}
        assert list(all_placeholders(data)) == ["a", "b", "a"]
        assert expand_all(data, {"a": "x", "b": "y"}) == {"x": ["y", 1, {"c": "x"}], "d": None}

    def test_command_env_and_files(self, write: Any, tmp_path: Path) -> None:
        more = '  env: {TOKEN: "{token}", WHERE: "{folder}"}\n  files: {conf/a.json: \'{"ca": "{ca}"}\'}\n'
        entry = find(write(OWN.replace("]\n", ', "--token={token}", "--kc={kubeconfig}"]\n') + more))
        outside = {"PATH": "/bin", "HTTPS_PROXY": "http://proxy"}
        invoked = invocation(entry, {"mine": ("/opt/mine",)}, site(tmp_path, http_port=8080), outside)
        kubeconfig = tmp_path / "kubeconfig"
        assert invoked.argv == ("/opt/mine", "--listen=10.0.1.1:8080", f"--token={TOKEN}", f"--kc={kubeconfig}")
        assert invoked.shown == ("mine", "--listen=10.0.1.1:8080", f"--token={HIDDEN}", "--kc={kubeconfig}")
        assert invoked.env == {"PATH": "/bin", "HOME": str(tmp_path), "TOKEN": TOKEN, "WHERE": str(tmp_path)}
        assert set(invoked.files) == {"conf/a.json", "kubeconfig"}
        assert json.loads(invoked.files["conf/a.json"]) == {"ca": str(tmp_path / "ca.crt")}
        assert json.loads(invoked.files["kubeconfig"])["users"][0]["user"] == {"token": TOKEN}
        assert TOKEN not in repr((invoked.shown, site(tmp_path)))

    def test_a_certificate_for_hosts_without_one(self, write: Any, tmp_path: Path) -> None:
        entry = find(write(OWN.replace("]\n", ', "--cert={default-certificate}", "--key={default-key}"]\n')))
        invoked = invocation(entry, {"mine": ("/opt/mine",)}, site(tmp_path), {})
        assert invoked.argv[2:] == (f"--cert={tmp_path}/default.crt", f"--key={tmp_path}/default.key")
        certificate = load_pem_x509_certificate(invoked.files["default.crt"].encode())
        key = load_pem_private_key(invoked.files["default.key"].encode(), None)
        assert key.public_key() == certificate.public_key()
        assert invocation(entry, {"mine": ("/opt/mine",)}, site(tmp_path), {}).files == invoked.files
        assert not any(invoked.files["default.key"] in text for text in (repr(invoked), *invoked.shown))

    def test_several_processes(self, write: Any, tmp_path: Path) -> None:
        more = "  before: [['{mine}', init, '{folder}']]\n  beside: {proxy: ['{mine-folder}/proxy', '{address}']}\n"
        invoked = invocation(find(write(OWN + more)), {"mine": ("/opt/mine",)}, site(tmp_path), {})
        assert invoked.before == (("/opt/mine", "init", str(tmp_path)),)
        assert invoked.beside == {"proxy": ("/opt/proxy", "10.0.1.1")}
        assert not invoked.layout

    def test_as_in_a_pod(self, write: Any, tmp_path: Path) -> None:
        (tmp_path / "ca.crt").write_text("CA")
        more = "  in-cluster: true\n  private: {processes: true, folders: {/etc/mine: '{mine-folder}', /tmp: ''}}\n"
        more += "  tokens: {other: {account: o, audience: a}}\n  env: {POD_NAME: '{pod}'}\n"
        more += "  files: {/etc/mine/conf: '{namespace}', own: '{other}'}\n  empty-folders: [/etc/mine/x, y]\n"
        place = site(tmp_path, namespace="mine", tokens={"other": "t0ken"})
        invoked = invocation(find(write(OWN + more)), {"mine": ("/opt/mine",)}, place, {})
        account = "/var/run/secrets/kubernetes.io/serviceaccount"
        assert invoked.layout.processes
        assert invoked.layout.folders == {"/etc/mine": "/opt", "/tmp": "", account: ""}
        assert invoked.files == {
            f"{PRIVATE}/etc/mine/conf": "mine",
            f"{PRIVATE}{account}/token": TOKEN,
            f"{PRIVATE}{account}/ca.crt": "CA",
            f"{PRIVATE}{account}/namespace": "mine",
            "own": "t0ken",
        }
        assert invoked.folders == (f"{PRIVATE}/etc/mine/x", "y")
        assert invoked.env["KUBERNETES_SERVICE_HOST"] == "10.0.0.1"
        assert invoked.env["POD_NAME"] == "mine-0"


class TestManifests:
    def test_rights_are_bound_to_the_account(self) -> None:
        role, binding = rbac_manifests(find("traefik"), "traefik-2")
        assert {
            "apiGroups": [""],
            "resources": ["services", "secrets", "nodes"],
            "verbs": ["get", "list", "watch"],
        } in role["rules"]
        assert binding["roleRef"]["name"] == role["metadata"]["name"]
        assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "controller", "namespace": "traefik-2"}]

    def test_instances_share_a_role_and_nothing_else(self) -> None:
        first, second = (rbac_manifests(find("traefik"), namespace_of(find("traefik"), n)) for n in (1, 2))
        assert first[0] == second[0]
        assert first[1]["metadata"] != second[1]["metadata"]

    def test_a_namespace_of_a_certain_name(self) -> None:
        assert [namespace_of(find("istio"), number) for number in (1, 2)] == ["istio-system", "istio-system-2"]

    def test_none(self, write: Any) -> None:
        entry = find(write(OWN))
        assert rbac_manifests(entry, "x") == []
        assert own_manifests(entry, {}) == []

    def test_account_comes_after_its_namespace(self) -> None:
        assert [manifest["kind"] for manifest in account_manifests("x")] == ["Namespace", "ServiceAccount"]

    def test_own_objects(self, write: Any) -> None:
        manifest = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x", "namespace": "{namespace}"}}
        entry = find(write(f"{OWN}  objects: [{json.dumps(manifest)}]\n"))
        (made,) = own_manifests(entry, {"namespace": "mine-3"})
        assert made["metadata"] == {"name": "x", "namespace": "mine-3"}
