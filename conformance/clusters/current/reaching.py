"""Find the one address that probes are sent to, and see a plain Ingress served there before anything is judged."""

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from conformance.case.model import Manifest
from conformance.clusters.api import Api, Refused
from conformance.clusters.current.patience import Patience
from conformance.clusters.current.places import (
    Place,
    balanced,
    name_of,
    places_of,
    port_forward_advice,
    product_selector,
)
from conformance.clusters.current.settings import HTTPS_PORT, Settings
from conformance.errors import HarnessFailure
from conformance.plan.objects import MARKER_BACKEND, marker_host, with_marker
from conformance.probes.answer import Endpoint, ProbeLimits, WireProbe
from conformance.probes.outcome import Sighting, sent_to_https, sighting
from conformance.probes.sender import Sender

STATUS_LIMIT = 75.0
"""ingress-nginx writes status once a minute."""

CONNECT_LIMIT = 3.0
OPENING_LIMIT = 15.0
NAMES = ("reached", "reached-too")
"""Two: some classes give each Ingress an address of its own, and all probes go to one."""


Say = Callable[[str], None]


@dataclass
class Reaching:
    """Plain Ingresses of the run, and the way to them through the controller."""

    api: Api
    settings: Settings
    context: str
    ingress_class: Manifest
    namespaces: Mapping[str, str]
    realm: str
    served_limit: float
    status_limit: float = STATUS_LIMIT
    _services: list[Manifest] = field(default_factory=list, init=False)

    def find(self, say: Say, patience: Patience) -> Endpoint:
        """Apply the Ingresses and return the address at which they are served.

        Raises:
            HarnessFailure: nobody says an address, it cannot be reached, or the Ingresses are not served there.
            Interrupted: the run was asked to stop.
        """
        for name in NAMES:
            self.api.apply(self._ingress(name))
        endpoint, told_by = self._endpoint(say, patience)
        https = self.settings.https_port or "unknown"
        say(f"sending to {endpoint.address} (http {endpoint.http_port}, https {https}), {told_by}")
        self._see_served(endpoint, patience)
        return endpoint

    def _ingress(self, name: str) -> Manifest:
        bare: Manifest = {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {"name": name, "namespace": self.namespaces[""]},
            "spec": {"ingressClassName": self.ingress_class["metadata"]["name"]},
        }
        return with_marker(bare, 1, self.realm)

    def _endpoint(self, say: Say, patience: Patience) -> tuple[Endpoint, str]:
        places = [Place(self.settings.host, "as --address says")] if self.settings.host else self._told(say, patience)
        tried: list[str] = []
        found: list[tuple[Endpoint, str]] = []

        def connected() -> bool:
            tried.clear()
            found.extend(self._connected(places, tried))
            return bool(found)

        # Some controllers open their ports with the first Ingress, and that has only just been written.
        if not patience.until(connected, min(OPENING_LIMIT, self.served_limit)):
            raise HarnessFailure(f"the controller cannot be reached from here: {'; '.join(tried)}", hint=self._advice())
        return found[0]

    def _connected(self, places: Sequence[Place], tried: list[str]) -> Iterator[tuple[Endpoint, str]]:
        """Yield the endpoints that take connections, with who told of them; what others said goes to ``tried``."""
        for place in places:
            for address in _resolved(place.host):
                # Without a port for https every case that needs it is skipped.
                endpoint = Endpoint(address, self.settings.http_port, self.settings.https_port or HTTPS_PORT)
                trouble = _cannot_connect(endpoint)
                if not trouble:
                    named = "" if address == place.host else f" for {place.host}"
                    yield endpoint, place.told_by + named
                    return
                tried.append(f"{address} port {endpoint.http_port}: {trouble} ({place.told_by})")
            if not _resolved(place.host):
                tried.append(f"{place.host}: this name has no address here ({place.told_by})")

    def _told(self, say: Say, patience: Patience) -> list[Place]:
        """Return what the Service of the controller says, else what the controller says of the Ingress."""
        self._services = self._product_services()
        found = balanced(self._services)
        if len(found) == 1:
            places = places_of(found[0], f"as Service {name_of(found[0])} says")
            if places:
                return places
        say("waiting for the address in the status of an Ingress")
        places = []

        def told() -> bool:
            stored = self.api.get(self._ingress(NAMES[0])) or {}
            places[:] = places_of(stored, "as the controller wrote in the status of an Ingress")
            return bool(places)

        if not patience.until(told, self.status_limit):
            raise HarnessFailure(
                f"nobody says where the controller listens: within {self.status_limit:.0f} s no address was written in "
                f"the status of an Ingress of class {self.ingress_class['metadata']['name']}",
                hint=f"name it with --address HOST[:PORT]; or {self._advice()}",
            )
        return places

    def _product_services(self) -> list[Manifest]:
        selector = product_selector(self.ingress_class)
        if not selector:
            return []
        try:
            return list(self.api.list_kind("Service", selector=selector))
        except Refused as refusal:
            # Reading other people's Services is a convenience: RBAC may well deny it.
            if refusal.status != 403:
                raise
            return []

    def _see_served(self, endpoint: Endpoint, patience: Patience) -> None:
        """Without this every case would fail for an address that belongs to somebody else."""
        sender = Sender(endpoint, ProbeLimits())
        names = {real: symbolic for symbolic, real in self.namespaces.items()}
        probes = [WireProbe("GET", "http", marker_host(name, 1, self.realm), "/") for name in NAMES]
        last: list[Sighting] = []

        def served() -> bool:
            last[:] = [sighting(sender.send(probe), names=names) for probe in probes]
            return all(seen.backend == MARKER_BACKEND for seen in last)

        if patience.until(served, self.served_limit):
            return
        class_name = self.ingress_class["metadata"]["name"]
        where = f"served at {endpoint.address} port {endpoint.http_port}"
        if any(seen.backend == MARKER_BACKEND for seen in last):
            raise HarnessFailure(
                f"of two plain Ingresses of class {class_name} only one is {where}",
                hint="a class that gives each Ingress an address of its own cannot be judged: all probes go to one",
            )
        hint = (
            f"does the controller of class {class_name} listen there, and does it watch all namespaces? "
            f"its log may tell; other ways to reach it: {self._advice()}"
        )
        if sent_to_https(last[0].outcome, probes[0].host):
            hint = "it sends every client to https, and most cases ask over http: have it serve http for this run"
        raise HarnessFailure(
            f"a plain Ingress of class {class_name} is not {where} "
            f"within {self.served_limit:.0f} s: {last[0].outcome} came in place of its backend",
            hint=hint,
        )

    def _advice(self) -> str:
        return port_forward_advice(self.context, self._services or self._product_services())


def _resolved(host: str) -> list[str]:
    """Return the addresses of a host, IPv4 first; one of them is then used for everything."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    ordered = sorted(found, key=lambda entry: entry[0] is not socket.AF_INET)
    return list(dict.fromkeys(str(entry[4][0]) for entry in ordered))


def _cannot_connect(endpoint: Endpoint) -> str:
    try:
        with socket.create_connection((endpoint.address, endpoint.http_port), timeout=CONNECT_LIMIT):
            return ""
    except TimeoutError:
        return f"no answer within {CONNECT_LIMIT:.0f} s"
    except OSError as error:
        return error.strerror or str(error)
