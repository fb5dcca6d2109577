"""The Kubernetes objects in a case file, as far as the suite must know them.

An Ingress is checked key by key, because a misspelt key there would quietly change what a case is about. Its values are
looked at later, and only where they are not offered to be refused: some cases are about odd ones.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StrictInt, Tag
from pydantic.alias_generators import to_camel

API_VERSIONS = {
    "ConfigMap": "v1",
    "EndpointSlice": "discovery.k8s.io/v1",
    "Endpoints": "v1",
    "Ingress": "networking.k8s.io/v1",
    "IngressClass": "networking.k8s.io/v1",
    "Secret": "v1",
    "Service": "v1",
}
"""The kinds that may leave out their apiVersion."""

OTHER_NAMESPACE = "other"


class KubernetesValue(BaseModel):
    """A part of a Kubernetes object: keys in camel case, unknown ones refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)


class Metadata(KubernetesValue):
    """Name and, where a case is about it, more."""

    name: str = Field(min_length=1, description="Made unique in a run.")
    namespace: Literal["other"] | None = Field(
        default=None, description="The run's second namespace; the first if absent."
    )
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)


class ServicePort(KubernetesValue):
    """A port of a Service, by number or by name."""

    number: StrictInt | None = None
    name: str | None = None


class ServiceReference(KubernetesValue):
    """A Service: one of the shared backends a-e, or one that the case defines."""

    name: str
    port: ServicePort | None = None


class ResourceReference(KubernetesValue):
    """Any other object as a backend."""

    api_group: str | None = None
    kind: str
    name: str


class Backend(KubernetesValue):
    """Where matching requests go."""

    service: ServiceReference | None = None
    resource: ResourceReference | None = None


class HttpPath(KubernetesValue):
    """A path of a rule."""

    path: str | None = None
    path_type: str | None = None
    backend: Backend


class HttpPaths(KubernetesValue):
    """The paths of a rule."""

    paths: tuple[HttpPath, ...]


class IngressRule(KubernetesValue):
    """Paths under a host; without a host, under every host."""

    host: str | None = None
    http: HttpPaths | None = None


class IngressTls(KubernetesValue):
    """Hosts and the Secret with their certificate."""

    hosts: tuple[str, ...] = ()
    secret_name: str | None = None


class IngressSpec(KubernetesValue):
    """An Ingress's spec as a user would write it."""

    ingress_class_name: str | None = None
    default_backend: Backend | None = None
    tls: tuple[IngressTls, ...] = ()
    rules: tuple[IngressRule, ...] = ()


class IngressObject(KubernetesValue):
    """An Ingress; the suite fills in class, namespace and marker rule."""

    api_version: Literal["networking.k8s.io/v1"] | None = None
    kind: Literal["Ingress"]
    metadata: Metadata
    spec: IngressSpec


class CertificateSpec(KubernetesValue):
    """The certificate that a Secret holds; made anew for each run."""

    names: tuple[str, ...] = Field(min_length=1, description="Made unique like the hosts of the rules.")
    key: Literal["ecdsa", "rsa"] = "ecdsa"
    intermediate: bool = Field(default=False, description="Signed by an intermediate CA, which stands in tls.crt too.")
    expired: bool = False
    flaw: Literal["", "empty", "garbage", "mismatch", "no-key"] = Field(
        default="", description="What is wrong with the Secret's data on purpose."
    )


class SecretObject(KubernetesValue):
    """A Secret; with ``certificate`` the suite writes tls.crt and tls.key."""

    api_version: Literal["v1"] | None = None
    kind: Literal["Secret"]
    metadata: Metadata
    type: str | None = Field(default=None, description="kubernetes.io/tls where a certificate is given.")
    certificate: CertificateSpec | None = None
    data: dict[str, str] = Field(default_factory=dict)
    string_data: dict[str, str] = Field(default_factory=dict)
    authority: Literal["known", "stranger"] | None = Field(
        default=None, description="The suite writes ca.crt: the authority of the client certificates of probes."
    )


class OtherObject(BaseModel):
    """An object of another kind, free in everything but its name, and what is in its spec."""

    model_config = ConfigDict(frozen=True, extra="allow", alias_generator=to_camel)

    api_version: str | None = Field(default=None, description="May be left out for the kinds the suite knows.")
    kind: str = Field(min_length=1, json_schema_extra={"not": {"enum": ["Ingress", "Secret"]}})
    metadata: Metadata
    spec: dict[str, Any] | None = None


def _kind(value: Any) -> str:
    kind = value.get("kind") if isinstance(value, dict) else None
    return {"Ingress": "ingress", "Secret": "secret"}.get(str(kind), "other")


KubernetesObject = Annotated[
    Annotated[IngressObject, Tag("ingress")]
    | Annotated[SecretObject, Tag("secret")]
    | Annotated[OtherObject, Tag("other")],
    Discriminator(_kind),
]
