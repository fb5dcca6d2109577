"""The values that the controller routes by: made whole from the API's objects, then never changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Endpoint = tuple[str, int]
Key = tuple[str, str]
"""Namespace and name of an object (the namespace is empty for cluster-wide kinds)."""


@dataclass(frozen=True, slots=True)
class Backend:
    """Where a matched request goes; ``refusal`` is the status answered while there is no endpoint to go to."""

    namespace: str
    service: str
    port: str
    endpoints: tuple[Endpoint, ...] = ()
    refusal: int = 503


@dataclass(frozen=True, slots=True)
class Path:
    """One path of one rule; ``owner`` is the Ingress that holds it."""

    kind: str
    path: str
    backend: Backend
    owner: Key = ("", "")


@dataclass(frozen=True, slots=True)
class Table:
    """Paths and default backends by host as rules name it, in lower case; the host ``""`` is "every other host".

    Both hold the oldest Ingress's first. A host is a key of ``hosts`` as soon as any rule names it, even without paths.
    """

    hosts: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    defaults: Mapping[str, Backend] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate chain and its private key as PEM, unchecked."""

    certificate: bytes
    key: bytes


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that answering a request needs, at one moment."""

    table: Table = Table()
    certificates: Mapping[str, KeyPair] = field(default_factory=dict)
