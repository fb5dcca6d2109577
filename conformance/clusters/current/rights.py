"""What a run must be allowed to do, and whether it is: asked of the API server before anything is made."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from conformance.case.manifests import API_VERSIONS
from conformance.case.model import Case
from conformance.clusters.api import Api, collection_path
from conformance.errors import HarnessFailure
from conformance.plan.annotations import names_an_address
from conformance.plan.objects import CLUSTER_WIDE, every_manifest

REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
DOCUMENT = "docs/rbac.yaml"
WRITE = ("create", "update", "patch", "delete")
_PARALLEL = 8


@dataclass(frozen=True, order=True)
class Right:
    """A verb on a resource, in all namespaces."""

    verb: str
    resource: str
    group: str = ""

    def __str__(self) -> str:
        group = f".{self.group}" if self.group else ""
        return f"{self.verb} {self.resource}{group}"


_ALWAYS = (
    *(Right(verb, "namespaces") for verb in ("create", "get", "delete")),
    *(Right(verb, "ingressclasses", "networking.k8s.io") for verb in ("get", "list")),
    *(Right(verb, "ingresses", "networking.k8s.io") for verb in (*WRITE, "get")),
    Right("create", "services"),
    Right("create", "deployments", "apps"),
    # What came of them: readiness, and the reason where there is none.
    Right("list", "endpointslices", "discovery.k8s.io"),
    Right("list", "deployments", "apps"),
    Right("list", "pods"),
)


def rights_for(cases: Iterable[Case]) -> tuple[Right, ...]:
    """Return what a run of these cases must be allowed to do."""
    return tuple(sorted({*_ALWAYS, *(right for case in cases for right in _rights_of(case))}))


def missing_rights(api: Api, rights: Sequence[Right]) -> list[Right]:
    """Ask the API server about each right (SelfSubjectAccessReview) and return those that it denies.

    Raises:
        Refused: the API server does not answer.
    """
    with ThreadPoolExecutor(_PARALLEL) as pool:
        answers = list(pool.map(lambda right: allowed(api, right), rights))
    return [right for right, yes in zip(rights, answers, strict=True) if not yes]


def demand(api: Api, rights: Sequence[Right]) -> None:
    """Return if every right is there.

    Raises:
        HarnessFailure: some are missing; all of them are named.
    """
    missing = missing_rights(api, rights)
    if missing:
        raise HarnessFailure(
            f"no permission in the cluster to: {', '.join(map(str, missing))}",
            hint=f"{DOCUMENT} grants what a run needs, and no more",
        )


def allowed(api: Api, right: Right) -> bool:
    """Ask the API server about one right.

    Raises:
        Refused: the API server does not answer, or does not know who asks.
    """
    resource, _, part = right.resource.partition("/")
    attributes = {"verb": right.verb, "group": right.group, "resource": resource, "subresource": part}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    return bool(api.request("POST", REVIEW, review)["status"]["allowed"])


def _rights_of(case: Case) -> Iterator[Right]:
    if case.backends:
        for verb in WRITE:
            yield Right(verb, "deployments", "apps")
            yield Right(verb, "services")
    if any(action.ready or action.unready for step in case.steps for action in step.actions):
        yield Right("create", "pods/proxy")
    if any(probe.expect.arrived for probe in case.every_probe):
        yield Right("get", "pods/proxy")
    for manifest in every_manifest(case):
        kind = manifest["kind"]
        version = manifest.get("apiVersion") or API_VERSIONS.get(kind, "v1")
        group = version.rpartition("/")[0]
        resource = collection_path({"kind": kind, "apiVersion": version, "metadata": {}}).rpartition("/")[2]
        for verb in WRITE:
            yield Right(verb, resource, group)
        if kind in CLUSTER_WIDE:
            yield Right("get", resource, group)
        if names_an_address(manifest):
            yield Right("get", "services")
