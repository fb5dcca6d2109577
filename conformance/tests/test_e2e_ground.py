"""What every run on the embedded cluster stands on: one pod behind each backend, owned by its ReplicaSet."""

import sys
from collections import Counter
from pathlib import Path

import pytest

from conformance.case.model import SHARED_BACKENDS
from conformance.plan.objects import MARKER_BACKEND
from conformance.tests.live import begin

pytestmark = pytest.mark.e2e

SAY_PODS = """
import os
from kubernetes import client, config
config.load_kube_config(os.environ["KUBECONFIG"])
for pod in client.CoreV1Api().list_pod_for_all_namespaces().items:
    owners = [owner.kind for owner in pod.metadata.owner_references or []]
    print("pod", pod.metadata.namespace, pod.metadata.labels["backend"], *owners)
"""


def test_each_backend_has_one_pod_that_will_be_replaced(tmp_path: Path) -> None:
    script = tmp_path / "pods.py"
    script.write_text(SAY_PODS)
    live = begin(tmp_path, "cluster", "shell", "--controller", "reference", "-c", f"{sys.executable} {script}")
    outcome = live.finish(120)
    assert outcome.status == 0, outcome.errors
    pods = [line.split()[1:] for line in outcome.output.splitlines() if line.startswith("pod ")]
    backends = Counter((namespace, backend) for namespace, backend, *_ in pods)
    assert len(backends) == 2 * len((*SHARED_BACKENDS, MARKER_BACKEND)), outcome.output
    assert set(backends.values()) == {1}, outcome.output
    assert {tuple(owners) for _, _, *owners in pods} == {("ReplicaSet",)}, outcome.output
