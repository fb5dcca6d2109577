"""Pod addresses: one for a pod, whatever the order of events, and never the same for a later pod."""

from collections.abc import Iterator
from ipaddress import IPv4Network

from conformance.errors import HarnessFailure


class AddressPool:
    """Gives addresses of a network, by pod UID.

    An address is not used again in a run: a controller that still sends to a pod that is gone must be refused, or a
    stale endpoint would look alive.
    """

    def __init__(self, cidr: str) -> None:
        self._network = IPv4Network(cidr)
        self._free: Iterator[str] = map(str, self._network.hosts())
        self._used: set[str] = set()
        self._of: dict[str, str] = {}
        next(self._free, None)  # the first is the gateway's by custom

    def give(self, uid: str) -> str:
        """Return the pod's address, always the same; ``HarnessFailure`` when none is left."""
        if uid not in self._of:
            address = next((address for address in self._free if address not in self._used), None)
            if address is None:
                raise HarnessFailure(f"no pod address is left in {self._network}", hint="give a larger --pod-cidr")
            self._used.add(address)
            self._of[uid] = address
        return self._of[uid]

    def adopt(self, uid: str, address: str) -> None:
        """Keep an address that the pod already has from an earlier life of the agent."""
        self._used.add(address)
        self._of.setdefault(uid, address)

    def forget(self, uid: str) -> None:
        """Let a pod that is gone go; its address stays used."""
        self._of.pop(uid, None)
