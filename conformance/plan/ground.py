"""The objects that every run stands on: namespaces, the shared backends, the controller's class."""

from collections.abc import Iterator

from conformance.case.model import SHARED_BACKENDS, Manifest
from conformance.plan.instance import HOME_PREFIX
from conformance.plan.objects import LABEL, MARKER_BACKEND, OTHER

IMAGE = "ghcr.io/ingress-conformance/echo:latest"
"""The echo backend, as conformance/echo/Dockerfile builds it. The embedded cluster serves it without any image."""

LAME_DUCK_SECONDS = 5
ADMIN_PORT = 8079
HTTP_PORT = 8080
ALT_PORT = 9090
TLS_PORT = 8443
GRPC_PORT = 50051
EITHER_PORT = 8444
"""Takes TLS as well as plain HTTP, and says which it was: for Services of which nobody says what they speak."""


def namespaces(run_id: str) -> dict[str, str]:
    """Return the real namespaces behind the cases' names: "" is where objects go that name none."""
    return {"": f"{HOME_PREFIX}{run_id}", OTHER: f"{HOME_PREFIX}{run_id}-other"}


def namespace_manifests(run_id: str) -> Iterator[Manifest]:
    """Yield the namespaces of a run."""
    for name in namespaces(run_id).values():
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {LABEL: run_id}}}


def backend_manifests(run_id: str) -> Iterator[Manifest]:
    """Yield a Deployment and a Service for each shared backend and the marker, in each namespace of the run."""
    for namespace in namespaces(run_id).values():
        for backend in (*SHARED_BACKENDS, MARKER_BACKEND):
            meta = {"name": backend, "namespace": namespace, "labels": {LABEL: run_id}}
            yield _deployment(meta, backend)
            yield _service(meta, backend)


def kept_backends(run_id: str) -> Iterator[Manifest]:
    """Yield what :func:`backend_manifests` does, with a ReplicaSet for each Deployment: nothing is ever rolled out."""
    for manifest in backend_manifests(run_id):
        yield {**manifest, "kind": "ReplicaSet"} if manifest["kind"] == "Deployment" else manifest


def first_backends(run_id: str) -> Iterator[Manifest]:
    """Yield what :func:`kept_backends` does, and the first pod of each ReplicaSet, which adopts it.

    For a cluster that has only just been started: its node runs these pods before the controller manager is awake,
    which then finds all of their endpoints at once. Pods of its own making would come a second or two later.
    """
    for manifest in kept_backends(run_id):
        if manifest["kind"] == "ReplicaSet":
            template, meta = manifest["spec"]["template"], manifest["metadata"]
            called = {"name": f"{meta['name']}-first", "namespace": meta["namespace"]}
            yield {"apiVersion": "v1", "kind": "Pod", **template, "metadata": {**called, **template["metadata"]}}
        yield manifest


def backend_objects(name: str, namespace: str, replicas: int) -> Iterator[Manifest]:
    """Yield a Deployment and a Service for a backend of a case's own.

    Its pods go on serving for a while after they have been told to end, as well-behaved ones do: what fails then is
    not the fault of a race that no controller can win.
    """
    meta = {"name": name, "namespace": namespace}
    deployment = _deployment(meta, name)
    deployment["spec"]["replicas"] = replicas
    pod = deployment["spec"]["template"]["spec"]
    pod["terminationGracePeriodSeconds"] = LAME_DUCK_SECONDS + 5
    pod["containers"][0]["lifecycle"] = {"preStop": {"sleep": {"seconds": LAME_DUCK_SECONDS}}}
    yield deployment
    yield _service(meta, name)


def class_manifest(run_id: str, name: str, controller: str) -> Manifest:
    """Return the IngressClass of one controller instance."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": name, "labels": {LABEL: run_id}},
        "spec": {"controller": controller},
    }


def _deployment(meta: Manifest, backend: str) -> Manifest:
    field = {
        name: {"valueFrom": {"fieldRef": {"fieldPath": f"metadata.{key}"}}}
        for name, key in (("POD_NAME", "name"), ("POD_NAMESPACE", "namespace"))
    }
    fixed = {
        "BACKEND": backend,
        "PORTS": f"{HTTP_PORT},{ALT_PORT}",
        "TLS_PORTS": str(TLS_PORT),
        "GRPC_PORTS": str(GRPC_PORT),
        "EITHER_PORTS": str(EITHER_PORT),
        "ADMIN_PORT": str(ADMIN_PORT),
    }
    ports = {"http": HTTP_PORT, "alt": ALT_PORT, "https": TLS_PORT, "grpc": GRPC_PORT, "either": EITHER_PORT}
    container = {
        "name": "echo",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "env": [{"name": n, **v} for n, v in field.items()] + [{"name": n, "value": v} for n, v in fixed.items()],
        "ports": [{"name": name, "containerPort": port} for name, port in ports.items()],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": ADMIN_PORT}, "periodSeconds": 1},
        "securityContext": {
            "runAsNonRoot": True,
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        # Clusters with quotas refuse pods that do not say what they take.
        "resources": {
            "requests": {"cpu": "10m", "memory": "48Mi"},
            "limits": {"cpu": "1", "memory": "128Mi"},
        },
    }
    labels = {"backend": backend}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta,
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": {**labels, **(meta.get("labels") or {})}},
                "spec": {
                    "containers": [container],
                    "terminationGracePeriodSeconds": 1,
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                },
            },
        },
    }


def _service(meta: Manifest, backend: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta,
        "spec": {
            "selector": {"backend": backend},
            "ports": [
                {"name": "http", "port": 80, "targetPort": HTTP_PORT},
                {"name": "alt", "port": 8081, "targetPort": "alt"},
            ],
        },
    }
