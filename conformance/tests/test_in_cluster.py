"""Running inside a cluster: the pod's own account, and the program of the image that always says when it is done."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from conformance.clusters.current.connecting import connect
from conformance.clusters.current.settings import Settings
from conformance.errors import HarnessFailure

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "examples" / "in-cluster"


@pytest.fixture
def pod(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "192.0.2.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")


@pytest.mark.usefixtures("pod")
def test_a_pod_without_an_account_is_told_what_it_lacks() -> None:
    with pytest.raises(HarnessFailure, match="own account") as told:
        connect(Settings())
    assert "serviceAccountName" in told.value.hint


@pytest.mark.usefixtures("pod")
def test_a_kubeconfig_goes_before_the_pods_account(tmp_path: Path) -> None:
    with pytest.raises(HarnessFailure, match="no kubeconfig"):
        connect(Settings(kubeconfig=str(tmp_path / "none")))
    with pytest.raises(HarnessFailure, match="no kubeconfig"):
        connect(Settings(context="somewhere"))


def judge(results: Path, *arguments: str) -> int:
    environment = {**os.environ, "SONOBUOY_RESULTS_DIR": str(results)}
    command = [sys.executable, str(FOLDER / "judge.py"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, timeout=300, check=False).returncode


def test_a_run_that_cannot_judge_is_done_and_is_an_error(tmp_path: Path) -> None:
    assert judge(tmp_path, "traefik", "--kubeconfig", str(tmp_path / "none")) == 3
    junit = Path((tmp_path / "done").read_text())
    assert junit.parent == tmp_path
    (case,) = ET.parse(junit).getroot().iter("testcase")
    assert case.find("error") is not None


def test_the_job_has_the_account_of_the_published_rights() -> None:
    job = yaml.safe_load((FOLDER / "job.yaml").read_text())
    rights = list(yaml.safe_load_all((FOLDER.parents[1] / "rbac.yaml").read_text()))
    account = next(manifest for manifest in rights if manifest["kind"] == "ServiceAccount")
    assert job["metadata"]["namespace"] == account["metadata"]["namespace"]
    assert job["spec"]["template"]["spec"]["serviceAccountName"] == account["metadata"]["name"]


def test_the_plugin_mounts_what_sonobuoy_collects() -> None:
    plugin = yaml.safe_load((FOLDER / "sonobuoy-plugin.yaml").read_text())
    assert plugin["sonobuoy-config"]["result-format"] == "junit"
    assert {"name": "results", "mountPath": "/tmp/sonobuoy/results"} in plugin["spec"]["volumeMounts"]
