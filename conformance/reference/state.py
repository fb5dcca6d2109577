"""From the API's objects to a snapshot of routes and certificates: a pure function.

Sources: https://kubernetes.io/docs/concepts/services-networking/ingress/ (``#ingress-class``, ``#ingress-rules``,
``#deprecated-annotation``, ``#tls``), the comments of ``networking.k8s.io/v1`` and ``discovery.k8s.io/v1`` types.
"""

from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from conformance.reference.model import Backend, Endpoint, Key, KeyPair, Path, Snapshot, Table
from conformance.reference.objects import Hear, Held, Object, Objects, believe, key_of


@dataclass(frozen=True, slots=True)
class Own:
    """What tells the controller which Ingresses are its own: its controller name and its class's name."""

    controller: str
    ingress_class: str


def is_ours(objects: Objects, own: Own, ingress: Object) -> bool:
    """Tell whether the Ingress is of a class of ours: by its field, or by the old annotation where it has no field."""
    named = ingress["spec"].get("ingressClassName")
    if named is not None:
        return _is_class_of_ours(objects, own, named)
    annotated = (ingress["metadata"].get("annotations") or {}).get("kubernetes.io/ingress.class")
    return annotated is not None and (annotated == own.ingress_class or _is_class_of_ours(objects, own, annotated))


def _is_class_of_ours(objects: Objects, own: Own, name: str) -> bool:
    item = objects.ingressclasses.get(("", name))
    return item is not None and item["spec"].get("controller") == own.controller


def as_written(ingress: Object) -> Object:
    """Return the Ingress as its author wrote it."""
    return ingress


def find(held: Held, ingress: Object, name: str) -> Object | None:
    """Return the object of that name in the Ingress's own namespace, or None."""
    return held.get((ingress["metadata"]["namespace"], name))


def service_port(service: Object, wanted: Mapping[str, object]) -> Object | None:
    """Return the Service's port that the backend names by name or by number, or None."""
    by = "name" if wanted.get("name") else "number"
    field = {"name": "name", "number": "port"}[by]
    return next((port for port in service["spec"].get("ports") or () if port.get(field) == wanted.get(by)), None)


def pod_port(port: Object, endpoint_slice: Object) -> int | None:
    """Return the number on the pods that the slice gives for the Service's port: ports correspond by name."""
    name = port.get("name") or ""
    ports = endpoint_slice.get("ports") or ()
    return next((item.get("port") for item in ports if (item.get("name") or "") == name), None)


def is_ready(endpoint: Object) -> bool:
    """Tell whether the endpoint may get traffic; the API says that an unknown condition counts as ready."""
    return (endpoint.get("conditions") or {}).get("ready") is not False


def age(ingress: Object) -> tuple[str, Key]:
    """Return what orders Ingresses from the oldest to the newest."""
    return ingress["metadata"].get("creationTimestamp") or "", key_of(ingress)


def as_built(previous: Snapshot, fresh: Snapshot, objects: Objects) -> Snapshot:  # noqa: ARG001
    """Return the snapshot to serve from now on: the fresh one."""
    return fresh


@dataclass(frozen=True, slots=True)
class Reading:
    """The seams between the API's objects and a snapshot; the defaults are right."""

    hear: Hear = believe
    is_ours: Callable[[Objects, Own, Object], bool] = is_ours
    view: Callable[[Object], Object] = as_written
    age: Callable[[Object], tuple[str, Key]] = age
    find_service: Callable[[Held, Object, str], Object | None] = find
    service_port: Callable[[Object, Mapping[str, object]], Object | None] = service_port
    pod_port: Callable[[Object, Object], int | None] = pod_port
    is_ready: Callable[[Object], bool] = is_ready
    find_secret: Callable[[Held, Object, str], Object | None] = find
    settle: Callable[[Snapshot, Snapshot, Objects], Snapshot] = as_built


RIGHT = Reading()
Slices = Mapping[Key, list[Object]]


def endpoints(port: Object, slices: Iterable[Object], how: Reading) -> tuple[Endpoint, ...]:
    """Return the ready endpoints of a Service's port, each once (slices may repeat one), in a stable order."""
    found = {
        (address, number)
        for item in slices
        if item.get("addressType") != "FQDN" and (number := how.pod_port(port, item)) is not None
        for endpoint in item.get("endpoints") or ()
        if how.is_ready(endpoint)
        for address in endpoint["addresses"]
    }
    return tuple(sorted(found))


def backend_of(spec: Object, ingress: Object, objects: Objects, slices: Slices, how: Reading) -> Backend:
    """Return the backend with its endpoints; without any where it can't be resolved (ExternalName isn't served)."""
    namespace = ingress["metadata"]["namespace"]
    if "service" not in spec:
        return Backend(namespace, (spec.get("resource") or {}).get("name", ""), "", refusal=404)
    name, wanted = spec["service"]["name"], spec["service"].get("port") or {}
    unresolved = Backend(namespace, name, str(wanted.get("name") or wanted.get("number")))
    service = how.find_service(objects.services, ingress, name)
    if service is None or service["spec"].get("type") == "ExternalName":
        return unresolved
    port = how.service_port(service, wanted)
    if port is None:
        return unresolved
    found = endpoints(port, slices.get(key_of(service), ()), how)
    return Backend(namespace, name, unresolved.port, found)


def table_of(ingresses: Iterable[Object], objects: Objects, how: Reading) -> Table:
    """Return the routes of the Ingresses, which come oldest first."""
    slices: dict[Key, list[Object]] = {}
    for (namespace, _), item in objects.endpointslices.items():
        service = (item["metadata"].get("labels") or {}).get("kubernetes.io/service-name", "")
        slices.setdefault((namespace, service), []).append(item)
    hosts: dict[str, list[Path]] = {}
    defaults: dict[str, Backend] = {}
    for ingress in ingresses:
        spec = ingress["spec"]
        default = spec.get("defaultBackend")
        fallback = backend_of(default, ingress, objects, slices, how) if default else None
        if fallback:
            defaults.setdefault("", fallback)
        for rule in spec.get("rules") or ():
            host = (rule.get("host") or "").lower()
            if fallback:
                defaults.setdefault(host, fallback)
            hosts.setdefault(host, []).extend(
                Path(
                    kind=path["pathType"],
                    path=path.get("path") or "/",
                    backend=backend_of(path["backend"], ingress, objects, slices, how),
                    owner=key_of(ingress),
                )
                for path in (rule.get("http") or {}).get("paths") or ()
            )
    return Table({host: tuple(paths) for host, paths in hosts.items()}, defaults)


def certificates_of(ingresses: Iterable[Object], objects: Objects, how: Reading) -> dict[str, KeyPair]:
    """Return the key pair of each TLS host, the oldest Ingress's where several claim one.

    An entry without hosts speaks for all hosts of its Ingress's rules. Hosts whose Secret is missing, or lacks a part,
    are left out; whether a pair is any good is found out by who presents it.
    """
    pairs: dict[str, KeyPair] = {}
    for ingress in ingresses:
        named = [rule["host"] for rule in ingress["spec"].get("rules") or () if rule.get("host")]
        for entry in ingress["spec"].get("tls") or ():
            secret = how.find_secret(objects.secrets, ingress, entry.get("secretName") or "")
            data = (secret or {}).get("data") or {}
            if not data.get("tls.crt") or not data.get("tls.key"):
                continue
            pair = KeyPair(b64decode(data["tls.crt"]), b64decode(data["tls.key"]))
            for host in entry.get("hosts") or named:
                pairs.setdefault(host.lower(), pair)
    return pairs


def served(objects: Objects, own: Own, how: Reading = RIGHT) -> list[Object]:
    """Return the Ingresses that are ours, oldest first."""
    ours = (ingress for ingress in objects.ingresses.values() if how.is_ours(objects, own, ingress))
    return [how.view(ingress) for ingress in sorted(ours, key=how.age)]


def build(objects: Objects, own: Own, how: Reading = RIGHT) -> Snapshot:
    """Return the snapshot that the objects ask for."""
    ours = served(objects, own, how)
    return Snapshot(table_of(ours, objects, how), certificates_of(ours, objects, how))
