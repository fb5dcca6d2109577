"""What happens to runs on somebody's own cluster, story by story; see :mod:`conformance.tests.current_world`."""

import datetime as dt
import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from conformance.clusters.api import Api, Manifest, Refused
from conformance.clusters.current.cleaning import clean_up
from conformance.clusters.current.owned import OwnedApi
from conformance.clusters.current.rights import missing_rights, rights_for
from conformance.clusters.current.settings import Settings
from conformance.plan.ground import backend_manifests
from conformance.tests.current_world import (
    ADDRESS,
    CLASS,
    LABELS,
    api_of,
    begin,
    command,
    ended,
    foreign_objects,
    judging,
    our_objects,
    run_of,
    unlabelled,
    verdicts,
)
from conformance.waiting import wait_until

FEW = "exact-itself or prefix-of-characters or wildcard-one-label"
DISTURBING = "only-a-default-backend and not port or braces or served-without"
MANY = f"{FEW} or wildcard-t or prefix-r or query or two or {DISTURBING}"
RBAC = Path(__file__).parents[2] / "docs" / "rbac.yaml"
Told = dict[str, Any]


def judged(api: Api, home: Path) -> Told:
    """A run from beginning to end, with its objects looked at on the way."""
    run = begin(home, "-k", MANY)
    told: Told = {"judging": judging(home), "unlabelled": unlabelled(api), "managers": _managers(api)}
    told["status"], told["output"] = ended(run)
    return told | {"verdicts": verdicts(home)}


def exclusive(api: Api, home: Path) -> Told:
    """What would disturb others is judged where nobody is disturbed."""
    status, output = ended(begin(home, "-k", DISTURBING, "--exclusive"))
    return {"status": status, "output": output, "verdicts": verdicts(home)}


def interrupted(api: Api, home: Path) -> Told:
    """Ctrl-C while cases are judged."""
    run = begin(home)
    told: Told = {"judging": judging(home)}
    run.send_signal(signal.SIGINT)
    told["status"], told["output"] = ended(run)
    return told | {"left": our_objects(api, run_of(told["output"]))}


def terminated_early(api: Api, home: Path) -> Told:
    """SIGTERM before the stage is complete: nobody listens at the address that is given for the probes."""
    run = begin(home, "-k", FEW, "--address", ADDRESS, "--http-port", "443", "--marker-limit", "60")
    heard = _until_said(run, "waiting for 12 backends")
    run.send_signal(signal.SIGTERM)
    status, output = ended(run)
    return {"status": status, "output": heard + output, "left": our_objects(api, run_of(heard))}


def killed(api: Api, home: Path) -> Told:
    """SIGKILL leaves objects, which `cluster clean` removes, and nobody else's."""
    run = begin(home)
    told: Told = {"judging": judging(home)}
    run.kill()
    run_id = run_of(ended(run)[1])
    _impostors(api)

    def left() -> list[str]:
        return [name for name in our_objects(api) if run_id in name or "labelled" in name]

    told["foreign"], told["left_by_kill"] = foreign_objects(api), left()
    ways = {"young": (dt.timedelta(hours=1), False), "dry": (dt.timedelta(), True), "clean": (dt.timedelta(), False)}
    for name, (age, dry_run) in ways.items():
        told[name] = [*_cleaned(age, dry_run=dry_run), left()]
    told["foreign_after"] = foreign_objects(api)
    _impostors(api, gone=True)
    return told


def two_at_once(api: Api, home: Path) -> Told:
    """Two runs on one controller; cleaning meanwhile does not disturb them."""
    runs = [begin(home / name, "-k", FEW) for name in ("one", "two")]
    told: Told = {"judging": [judging(home / name) for name in ("one", "two")]}
    told["clean"] = _cleaned(dt.timedelta())
    told["ends"] = [ended(run) for run in runs]
    told["left"] = [name for _, output in told["ends"] for name in our_objects(api, run_of(output))]
    told["verdicts"] = [verdicts(home / name) for name in ("one", "two")]
    return told


def refused(api: Api, home: Path) -> Told:
    """Everything that cannot work, each with its status and words."""
    broken = json.loads(Path(os.environ["KUBECONFIG"]).read_text())
    broken["users"][0]["user"]["token"] = "expired"
    expired = _written(home / "expired.json", broken)
    ways = {
        "class": ["--ingress-class", "theirz"],
        "expired": ["--kubeconfig", expired],
        "closed": ["--address", f"{ADDRESS}:81"],
        "other": ["--address", f"{ADDRESS}:443", "--marker-limit", "2"],
        "no case": ["-k", "no-such-case"],
    }
    runs = {
        name: begin(home / name, *([] if "-k" in options else ["-k", FEW]), *options) for name, options in ways.items()
    }
    return {name: ended(run) for name, run in runs.items()}


def told_by_service(api: Api, home: Path) -> Told:
    """The address comes from the Service of the installation that the class belongs to."""
    ports = [{"name": "web", "port": 80}]
    meta = {"name": "traefik", "namespace": "default", "labels": LABELS}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta,
        "spec": {"type": "LoadBalancer", "ports": ports},
    }
    api.apply(service)
    # Else kube-proxy would take the address for its own.
    status = {"status": {"loadBalancer": {"ingress": [{"ip": ADDRESS, "ipMode": "Proxy"}]}}}
    path = "/api/v1/namespaces/default/services/traefik/status"
    api.request("PATCH", path, status, content_type="application/merge-patch+json")
    told: Told = {"run": ended(begin(home, "-k", "exact-itself"))}
    api.delete(service)
    return told


def least_rights(api: Api, home: Path) -> Told:
    """The account of docs/rbac.yaml can do a run, and nothing to others."""
    nobody = _as_account(api, home / "nobody.json", "default", "default")
    told: Told = {"none": sorted(map(str, missing_rights(api_of(nobody), rights_for([]))))}
    manifests = [manifest for manifest in yaml.safe_load_all(RBAC.read_text()) if manifest]
    for manifest in manifests:
        api.apply(manifest)
    account = _as_account(api, home / "account.json", "ingress-conformance", "ingress-conformance")
    limited = api_of(account)
    dry = {"update": False}
    assert wait_until(lambda: _denied(lambda m: limited.try_out(m, **dry), _namespace("mine")) == "policy", 30)
    foreign = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": CLASS}}
    # Somebody may like the name.
    theirs = _namespace("conformance-theirs")
    api.apply(theirs)
    note = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "note", "namespace": "conformance-theirs"}}
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "shop", "namespace": "shop"},
    }
    told["denied"] = {
        "delete a namespace": _denied(limited.delete, _namespace("shop")),
        "make a namespace": _denied(limited.create, _namespace("mine")),
        "delete a namespace without the label": _denied(limited.delete, theirs),
        "make a namespace without the label": _denied(limited.create, _namespace("conformance-mine")),
        "write in a namespace without the label": _denied(limited.create, note),
        "delete a class": _denied(limited.delete, foreign),
        "label a class": _denied(limited.merge, {**foreign, "metadata": {"name": CLASS, "labels": {_LABEL: "x"}}}),
        "delete an ingress": _denied(limited.delete, ingress),
        "read secrets": _denied(lambda _: limited.list_kind("Secret"), {}),
    }
    told["run"] = ended(begin(home / "run", "-k", FEW, "--kubeconfig", account))
    told["clean"] = command("cluster", "clean", "--dry-run", "--kubeconfig", account)
    for manifest in [*reversed(manifests), theirs]:
        api.delete(manifest)
    wait_until(lambda: api.get(theirs) is None, 30)
    return told


def strict_admission(api: Api, home: Path) -> Told:
    """Pod security `restricted` and a quota of everything let the backends in."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    name = "strict"
    api.apply({**_namespace(name), "metadata": {"name": name, "labels": labels}})
    hard = {"requests.cpu": "1", "requests.memory": "1Gi", "limits.cpu": "10", "limits.memory": "2Gi", "pods": "6"}
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "all"}, "spec": {"hard": hard}}
    api.request("POST", f"/api/v1/namespaces/{name}/resourcequotas", quota)
    backends = [m for m in backend_manifests("x") if m["metadata"]["namespace"] == "conformance-x"]
    for manifest in backends:
        api.apply({**manifest, "metadata": {**manifest["metadata"], "namespace": name}})
    ready = wait_until(lambda: sum(map(_is_ready, api.list_kind("Pod", name))) == len(backends) // 2, 30)
    told = {"ready": ready, "deployments": [found.get("status") for found in api.list_kind("Deployment", name)]}
    api.delete(_namespace(name))
    wait_until(lambda: api.get(_namespace(name)) is None, 30)
    return told


def foreign_names(api: Api, home: Path) -> Told:
    """An object that somebody else made is never written to, whatever a case calls its own."""
    owned = OwnedApi(api.client, "abc123", ("conformance-abc123",))
    foreign = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": CLASS}, "spec": {}}
    foreign["spec"] = {"controller": "example.org/ours"}
    writes = {"apply": owned.apply, "put": owned.put, "merge": owned.merge, "delete": owned.delete}
    return {"refused": {name: _denied(write, foreign) for name, write in writes.items()}}


TOGETHER = (
    judged,
    interrupted,
    terminated_early,
    killed,
    two_at_once,
    refused,
    told_by_service,
    least_rights,
    strict_admission,
    foreign_names,
)
ALONE = (exclusive,)
"""It takes requests from everybody else."""

_LABEL = "ingress-conformance.dev/run"


def _cleaned(age: dt.timedelta, *, dry_run: bool = False) -> tuple[bool, str]:
    """Clean up as `cluster clean` does; whether all is gone, and what is said."""
    lines: list[str] = []
    return clean_up(Settings(), "", age, lines.append, dry_run=dry_run), "\n".join(lines)


def _until_said(run: subprocess.Popen[str], words: str) -> str:
    """Return what a run says up to these words."""
    heard = ""
    assert run.stdout is not None
    while words not in heard:
        line = run.stdout.readline()
        if not line:
            break
        heard += line
    return heard


def _managers(api: Api) -> list[str]:
    ingresses = [found for found in api.list_kind("Ingress") if found["metadata"]["namespace"] != "shop"]
    return sorted({entry["manager"] for found in ingresses for entry in found["metadata"].get("managedFields", [])})


def _impostors(api: Api, *, gone: bool = False) -> None:
    """Objects with the label that no run has made."""
    named: list[Manifest] = [
        _namespace("labelled"),
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": {"name": "labelled"},
            "spec": {"controller": "example.org/none"},
        },
    ]
    for manifest in named:
        labelled = {**manifest, "metadata": {**manifest["metadata"], "labels": {_LABEL: "abc123"}}}
        api.delete(labelled) if gone else api.apply(labelled)
    if gone:
        wait_until(lambda: api.get(named[0]) is None, 30)


def _namespace(name: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _written(path: Path, kubeconfig: Any) -> str:
    path.write_text(json.dumps(kubeconfig))
    return str(path)


def _as_account(api: Api, path: Path, namespace: str, name: str) -> str:
    """Write a kubeconfig for a service account and return its path."""
    if name == "default":
        assert wait_until(lambda: api.list_kind("ServiceAccount", namespace), 30)  # type: ignore[return-value,arg-type]
    url = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    kubeconfig = json.loads(Path(os.environ["KUBECONFIG"]).read_text())
    kubeconfig["users"][0]["user"] = {"token": api.request("POST", url, request)["status"]["token"]}
    return _written(path, kubeconfig)


def _denied(call: Callable[[Manifest], object], manifest: Manifest) -> str:
    """Return who denies it: ``policy`` (admission), ``rights`` (RBAC), ``owner`` (us); "" where it is done."""
    try:
        call(manifest)
    except Refused as refusal:
        if "not the run's" in refusal.server_message:
            return "owner"
        return "policy" if "ValidatingAdmissionPolicy" in refusal.server_message else f"rights {refusal.server_message}"
    return ""


def _is_ready(pod: Manifest) -> bool:
    conditions = pod.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
