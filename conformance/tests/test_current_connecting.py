"""From a kubeconfig to a connection: without a cluster, so each ends with a reason and a next step."""

import os
import socket
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.client import ApiClient, Configuration
from kubernetes.config import load_kube_config

from conformance.clusters.api import Api
from conformance.clusters.current.connecting import connect
from conformance.clusters.current.settings import Settings
from conformance.errors import HarnessFailure


def written(path: Path, *, user: dict[str, Any] | None = None, current: str = "mine", name: str = "mine") -> str:
    """Write a kubeconfig for a server that is not there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = f"https://127.0.0.1:{free.getsockname()[1]}"
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server, "insecure-skip-tls-verify": True}}],
        "users": [{"name": name, "user": user or {"token": "secret-token"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
    }
    path.write_text(yaml.safe_dump(content | ({"current-context": current} if current else {})))
    return str(path)


def failure(kubeconfig: str, context: str = "") -> str:
    """Return all that is said when the connection fails."""
    with pytest.raises(HarnessFailure) as failed:
        connect(Settings(kubeconfig=kubeconfig, context=context))
    assert failed.value.exit_status == 3
    assert failed.value.hint
    assert "secret-token" not in str(failed.value)
    return str(failed.value)


def test_no_file(tmp_path: Path) -> None:
    assert "there is no kubeconfig" in failure(str(tmp_path / "none"))


def test_the_variable_is_used_and_may_name_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = written(tmp_path / "1", name="one", current="one"), written(tmp_path / "2", name="two", current="")
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path}/none:{first}:{second}")
    assert "context one" in failure("")
    assert "context two" in failure("", "two")


@pytest.mark.parametrize("content", ["", "{", "[]", "a: b", "apiVersion: v1\nkind: Config\ncontexts: []\n", "\0"])
def test_a_file_that_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config"
    path.write_text(content)
    assert str(path) in failure(str(path))


def test_no_such_context(tmp_path: Path) -> None:
    said = failure(written(tmp_path / "config"), "min")
    assert "there is no context 'min'" in said
    assert "did you mean mine" in said


def test_no_current_context(tmp_path: Path) -> None:
    assert "--context" in failure(written(tmp_path / "config", current=""))


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    said = failure(written(tmp_path / "config"))
    assert "does not answer" in said
    assert "https://127.0.0.1:" in said


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo please log in >&2; exit 3", "please log in"),
        ("echo no json", "decode"),
        ('echo \'{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {}}\'', "token"),
    ],
)
def test_a_credential_plugin_that_fails_is_named_with_its_words(tmp_path: Path, script: str, words: str) -> None:
    plugin = tmp_path / "plugin"
    plugin.write_text(f"#!/bin/sh\n{script}\n")
    plugin.chmod(stat.S_IRWXU)
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin)}}
    said = failure(written(tmp_path / "config", user=user))
    assert str(plugin) in said
    assert words in said


def test_a_credential_plugin_that_works_is_used(tmp_path: Path) -> None:
    plugin = tmp_path / "plugin"
    credential = '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "t"}}'
    plugin.write_text(f"#!/bin/sh\necho '{credential}'\n")
    plugin.chmod(stat.S_IRWXU)
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin)}}
    assert "does not answer" in failure(written(tmp_path / "config", user=user))


def test_the_file_is_never_written_to(tmp_path: Path) -> None:
    path = Path(written(tmp_path / "config"))
    before = path.read_bytes()
    failure(str(path))
    assert path.read_bytes() == before


def test_a_variable_that_goes_while_a_token_is_looked_up_does_no_harm(tmp_path: Path) -> None:
    configuration = Configuration()
    load_kube_config(written(tmp_path / "config"), client_configuration=configuration)  # type: ignore[no-untyped-call]
    api, over = Api(ApiClient(configuration)), threading.Event()

    def change() -> None:
        while not over.is_set():
            os.environ["CONFORMANCE_HERE_AND_GONE"] = "x"
            del os.environ["CONFORMANCE_HERE_AND_GONE"]

    changing = threading.Thread(target=change)
    changing.start()
    try:
        assert {api.token() for _ in range(5000)} == {"Bearer secret-token"}
    finally:
        over.set()
        changing.join()
