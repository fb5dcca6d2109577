"""A cluster of somebody's own: a real API server, Traefik started by hand, and other people's objects.

Runs inside ``ingress-conformance cluster shell``; each story is a function, and what it saw goes into a JSON file.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conformance.clusters.api import Api, Manifest
from conformance.clusters.local.addresses import instance_address
from conformance.controllers.catalogue import find
from conformance.controllers.instance import Site
from conformance.controllers.programs import get_programs
from conformance.plan.ground import backend_objects
from conformance.probes.answer import Endpoint, ProbeLimits, WireProbe
from conformance.probes.sender import Sender
from conformance.tests.entries import launch
from conformance.waiting import wait_until

ADDRESS = instance_address(9)
CLASS = "theirs"
THEIRS = "shop"
STORY_NAMES = ("strict", "ingress-conformance", "labelled", "traefik")
"""What the stories themselves make, or make it in."""

KINDS = ("Namespace", "Ingress", "IngressClass", "Service", "Deployment", "Secret", "ConfigMap", "ServiceAccount")
LABELS = {"app.kubernetes.io/name": "traefik", "app.kubernetes.io/instance": "theirs"}


@contextmanager
def foreign_ground(api: Api, kubeconfig: Mapping[str, Any], folder: Path) -> Iterator[None]:
    """Let Traefik serve its class, with a shop of somebody on it."""
    _apply(api, "IngressClass", CLASS, spec={"controller": "traefik.io/ingress-controller"}, labels=LABELS)
    _apply(api, "Namespace", THEIRS)
    entry = find("traefik")
    cluster, user = kubeconfig["clusters"][0]["cluster"], kubeconfig["users"][0]["user"]
    site = Site(
        server=cluster["server"],
        ca=Path(cluster["certificate-authority"]),
        token=user["token"],
        folder=folder,
        address=ADDRESS,
        ingress_class=CLASS,
        controller="traefik.io/ingress-controller",
    )
    controller = launch(entry, get_programs(entry, lambda _: None), site)
    try:
        for manifest in backend_objects("till", THEIRS, 1):
            api.apply(manifest)
        rule = {"host": "shop.example", "http": {"paths": [_path("till")]}}
        _apply(api, "Ingress", "shop", THEIRS, spec={"ingressClassName": CLASS, "rules": [rule]})
        assert wait_until(lambda: _status_of_shop(api) and shop_answers(), 30), "the shop is not open"
        yield
    finally:
        controller.stop(grace=0)


def foreign_objects(api: Api) -> dict[str, str]:
    """Return what is not a run's, with what changes when anybody writes to it."""
    seen = {}
    for kind in KINDS:
        for found in api.list_kind(kind):
            meta = found["metadata"]
            if not _is_ours(meta) and not {meta["name"], meta.get("namespace")} & set(STORY_NAMES):
                seen[f"{kind} {meta.get('namespace', '')}/{meta['name']}"] = f"{meta['uid']} {meta['resourceVersion']}"
    return seen


def our_objects(api: Api, run_id: str = "") -> list[str]:
    """Return the names of namespaces and classes that carry the label of runs, or of one."""
    selector = f"ingress-conformance.dev/run={run_id}" if run_id else "ingress-conformance.dev/run"
    kinds = ("Namespace", "IngressClass")
    return [f"{kind} {found['metadata']['name']}" for kind in kinds for found in api.list_kind(kind, selector=selector)]


def run_of(output: str) -> str:
    """Return the id of the run that said this."""
    found = re.search(r"namespaces conformance-([0-9a-f]{6}) ", output)
    return found[1] if found else "none"


def unlabelled(api: Api) -> list[str]:
    """Return what runs have applied without a label."""
    return [
        f"{kind} {found['metadata']['namespace']}/{found['metadata']['name']}"
        for kind in ("Ingress", "Service", "Deployment", "Pod")
        for found in api.list_kind(kind)
        if found["metadata"]["namespace"].startswith("conformance-")
        and "ingress-conformance.dev/run" not in (found["metadata"].get("labels") or {})
    ]


def api_of(kubeconfig: str) -> Api:
    """Return the connection that a kubeconfig of the embedded cluster describes."""
    content = json.loads(Path(kubeconfig).read_text())
    cluster, user = content["clusters"][0]["cluster"], content["users"][0]["user"]
    return Api.with_token(cluster["server"], Path(cluster["certificate-authority"]), user["token"])


def begin(out: Path, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Start ``run traefik`` on this cluster."""
    words = ["run", "traefik", "--cluster", "current", "--ingress-class", CLASS, "--out", str(out), *arguments]
    return _start(*words, env=env)


def command(*arguments: str) -> tuple[int, str]:
    """Run ``ingress-conformance ARGUMENTS``; status and all that it said."""
    return ended(_start(*arguments))


def ended(process: subprocess.Popen[str], limit: float = 120) -> tuple[int, str]:
    """Wait for a command; status and all that it said."""
    output, _ = process.communicate(timeout=limit)
    return process.returncode, output


def judging(out: Path) -> bool:
    """Wait until a run has its first verdict."""
    events = out / "traefik" / "events.jsonl"
    return wait_until(lambda: events.exists() and '"verdict"' in events.read_text(), 150)


def verdicts(out: Path) -> dict[str, list[str]]:
    """Return verdict and reason by case."""
    report = json.loads((out / "traefik" / "report.json").read_text())
    return {case["id"]: [case["verdict"], case["reason"], case["detail"]] for case in report["cases"]}


def shop_answers() -> bool:
    """Whether the other people's Service is still served."""
    answer = Sender(Endpoint(ADDRESS), ProbeLimits()).send(WireProbe("GET", "http", "shop.example", "/"))
    return b'"backend":"till"' in answer.body


def _start(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "conformance", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **(env or {})},
    )


def _apply(api: Api, kind: str, name: str, namespace: str = "", **more: Any) -> None:
    versions = {"Ingress": "networking.k8s.io/v1", "IngressClass": "networking.k8s.io/v1"}
    meta = {"name": name, "labels": more.pop("labels", {})} | ({"namespace": namespace} if namespace else {})
    api.apply({"apiVersion": versions.get(kind, "v1"), "kind": kind, "metadata": meta, **more})


def _path(service: str) -> Manifest:
    backend = {"service": {"name": service, "port": {"number": 80}}}
    return {"path": "/", "pathType": "Prefix", "backend": backend}


def _status_of_shop(api: Api) -> bool:
    (found,) = api.list_kind("Ingress", THEIRS)
    return bool((found.get("status") or {}).get("loadBalancer"))


def _is_ours(meta: Manifest) -> bool:
    name = meta["name"] if "namespace" not in meta else meta["namespace"]
    return "ingress-conformance.dev/run" in (meta.get("labels") or {}) or str(name).startswith("conformance-")


def play(stories: Iterable[Callable[[Api, Path], dict[str, Any]]], api: Api, home: Path) -> dict[str, Any]:
    """Play stories side by side; what each saw by its name, and what was foreign before and after under ""."""
    before = foreign_objects(api)

    def told(story: Callable[[Api, Path], dict[str, Any]]) -> tuple[str, dict[str, Any]]:
        folder = home / story.__name__
        folder.mkdir()
        began = time.monotonic()
        seen = story(api, folder)
        return story.__name__, seen | {"seconds": round(time.monotonic() - began, 1)}

    with ThreadPoolExecutor() as threads:
        seen = dict(threads.map(told, stories))
    seen[""] = {"before": before, "after": foreign_objects(api), "left": our_objects(api), "shop": shop_answers()}
    return seen


def main() -> None:
    """Play all stories and write what they saw to the file that is named."""
    from conformance.tests.current_stories import ALONE, TOGETHER  # noqa: PLC0415

    kubeconfig = json.loads(Path(os.environ["KUBECONFIG"]).read_text())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    api = api_of(os.environ["KUBECONFIG"])
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "traefik").mkdir()
        with foreign_ground(api, kubeconfig, home / "traefik"):
            seen = [play(TOGETHER, api, home), play(ALONE, api, home)]
    Path(sys.argv[1]).write_text(json.dumps(seen))


if __name__ == "__main__":
    main()
