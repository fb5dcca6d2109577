"""Who a backend is and where it listens, as its environment says."""

from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT_PORTS = (8080,)
DEFAULT_ADMIN_PORT = 8079


@dataclass(frozen=True, slots=True)
class Identity:
    """What a backend says about itself in every answer."""

    namespace: str
    backend: str
    pod: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.backend}/{self.pod}"


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """PEM texts: a chain and its key (else one is made that nobody trusts), and the CAs whose clients are asked for.

    A client without a certificate is let in all the same; one with a certificate of somebody else is not.
    """

    pair: str = ""
    client_ca: str = ""


@dataclass(frozen=True, slots=True)
class OtherPorts:
    """Ports that do not speak plain HTTP/1.1: ``tls`` HTTP/2 or HTTP/1.1 over TLS, ``grpc`` HTTP/2 without TLS.

    ``either`` speaks HTTP/1.1, or what ``tls`` does, as each client begins.
    """

    tls: tuple[int, ...] = ()
    grpc: tuple[int, ...] = ()
    tls_settings: TlsSettings = TlsSettings()
    either: tuple[int, ...] = ()

    @property
    def all(self) -> tuple[int, ...]:
        """All of them."""
        return (*self.tls, *self.grpc, *self.either)


NO_OTHERS = OtherPorts()


@dataclass(frozen=True, slots=True)
class Settings:
    """What one backend process needs to start: its identity, its ports and whether it begins ready."""

    identity: Identity
    ports: tuple[int, ...] = DEFAULT_PORTS
    admin_port: int | None = DEFAULT_ADMIN_PORT
    ready: bool = True
    others: OtherPorts = NO_OTHERS


def identity_from(environment: Mapping[str, str], *, pod: str = "", namespace: str = "") -> Identity:
    """Return the identity that POD_NAMESPACE, BACKEND and POD_NAME give; the keywords fill what is unset."""
    pod = environment.get("POD_NAME") or pod or "unknown"
    namespace = environment.get("POD_NAMESPACE") or namespace or "default"
    return Identity(namespace, environment.get("BACKEND") or pod, pod)


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Return the settings in a container's environment; ``ValueError`` names a port that is none."""
    return Settings(
        identity=identity_from(environment),
        ports=ports_from(environment.get("PORTS", "")) or DEFAULT_PORTS,
        admin_port=port_from(environment.get("ADMIN_PORT") or str(DEFAULT_ADMIN_PORT)),
        ready=environment.get("READY", "true").strip().lower() != "false",
        others=other_ports_from(environment),
    )


def other_ports_from(environment: Mapping[str, str]) -> OtherPorts:
    """Return what TLS_PORTS, GRPC_PORTS, EITHER_PORTS, TLS_PAIR and TLS_CLIENT_CA say.

    Raises:
        ValueError: names a port that is none.
    """
    return OtherPorts(
        tls=ports_from(environment.get("TLS_PORTS", "")),
        grpc=ports_from(environment.get("GRPC_PORTS", "")),
        tls_settings=TlsSettings(environment.get("TLS_PAIR", ""), environment.get("TLS_CLIENT_CA", "")),
        either=ports_from(environment.get("EITHER_PORTS", "")),
    )


def ports_from(text: str) -> tuple[int, ...]:
    """Return the ports of a list such as ``8080,9090``, each once, in order; ``ValueError`` on anything else."""
    return tuple(dict.fromkeys(port_from(part) for part in text.split(",") if part.strip()))


def port_from(text: str) -> int:
    """Return the port that the text names; ``ValueError`` if it is not a number from 1 to 65535."""
    port = int(text)
    if not 0 < port < 65536:
        raise ValueError(f"port {port} is not between 1 and 65535")
    return port
