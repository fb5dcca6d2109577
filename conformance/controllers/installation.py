"""How a controller is installed in a cluster that runs pods: the part of an entry for kind and current clusters."""

from typing import Annotated, Any, Literal

from pydantic import Field

from conformance.controllers.process import Keyed, Text

Url = Annotated[str, Field(pattern=r"^https://[!-~]+$")]
IMAGE = r"^[a-z0-9][a-z0-9.:-]*/[a-z0-9][a-z0-9._/-]*:[A-Za-z0-9_][A-Za-z0-9._-]*(@sha256:[0-9a-f]{64})?$"
"""A container image as Kubernetes writes it: with registry and tag, and with its digest where that is known."""

WORKLOADS = ("deployment", "daemonset", "statefulset")
"""What may run a controller in a cluster, as ``ready`` names it."""

# The pattern is checked with the other flaws: there it can be explained.
Image = Annotated[str, Field(json_schema_extra={"pattern": IMAGE})]


class Chart(Keyed):
    """A Helm chart, pinned."""

    release: Text = Field(description="Name of the Helm release, which many names in the cluster begin with.")
    repository: str = Field(pattern=r"^(https|oci)://[!-~]+$", description="The project's chart repository.")
    name: Text
    version: Text
    values: dict[str, Any] = Field(default_factory=dict, description="What differs from the chart's own values.")


class Reach(Keyed):
    """How requests get to it: through this Service, by port-forward, NodePort or load balancer."""

    service: Text
    http: int = Field(80, ge=1, le=65535, strict=True, description="The Service's port for http.")
    https: int = Field(443, ge=1, le=65535, strict=True, description="The Service's port for https.")


class Installation(Keyed):
    """The project's own manifest or chart, pinned; or what its documents say, as a template for several instances."""

    source: Url = Field(description="The page of the project that says how to install it.")
    version: str = Field("", description="The version that these manifests install, where it is not the entry's.")
    charts: tuple[Chart, ...] = Field((), description="Charts to install, in this order.")
    files: tuple[Url, ...] = Field((), description="Manifests to apply, each pinned to a tag or commit.")
    template: str = Field(
        "",
        description="Manifests as the project's documents say them, with {namespace}, {class} and {controller}, so "
        "that there can be several instances: the file's path as seen from the entry's file.",
    )
    arguments: tuple[str, ...] = Field((), description="Added to those of the first container of the workload `ready`.")
    images: tuple[Image, ...] = Field(
        min_length=1,
        description="What it pulls, such as docker.io/library/traefik:v3.7.15; with @DIGEST where the registry or the "
        "project gives it.",
    )
    namespace: Text = Field(description="Where its pods and its Service are.")
    ready: Text = Field(description="The workload to wait for, such as deployment/traefik.")
    reach: Reach
    own_network: bool = Field(
        False, strict=True, description="True: it is the cluster's network as well, so no other may be there."
    )
    verified: Literal[False] | Text = Field(
        description="false: nobody has tried these manifests yet; else where and when it was tried."
    )
