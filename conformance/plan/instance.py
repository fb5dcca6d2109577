"""What a plan must know of the run and of the controller instance that it is for."""

from collections.abc import Callable
from dataclasses import dataclass, field

from conformance.plan.certificates import Mint
from conformance.plan.hosts import REALM

HOME_PREFIX = "conformance-"
"""What the name of a run's first namespace begins with; its id follows."""

NOWHERE = "192.0.2.1"
"""An address of nobody (RFC 5737)."""


def nowhere(_: str) -> str:
    """Return the address of a Service that is asked for where there are no Services."""
    return NOWHERE


@dataclass(frozen=True)
class Ground:
    """What a plan must know of the run: namespaces (symbolic name to real one), the class, controller name and address
    of the controller instance, the realm of the host names, who makes certificates, and who knows the cluster address
    of a Service in the first namespace.
    """

    namespaces: dict[str, str]
    ingress_class: str
    address: str
    realm: str = REALM
    controller: str = ""
    mint: Mint = field(default_factory=Mint)
    service_address: Callable[[str], str] = nowhere

    @property
    def home(self) -> str:
        """The namespace of objects that name none."""
        return self.namespaces[""]

    @property
    def run_id(self) -> str:
        """The id of the run, as the name of its first namespace says it."""
        return self.home.removeprefix(HOME_PREFIX)
