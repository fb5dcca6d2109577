"""The addresses inside the private network: all of them local to the loopback device, none of them routed out."""

from collections.abc import Iterator

API_ADDRESS = "10.100.0.1"
API_PORT = 6443
SERVICE_CIDR = "10.96.0.0/16"
POD_CIDR = "10.244.0.0/16"
NODE_NAME = "local"
INSTANCE_NETWORK = "10.100.0.0/16"
"""Each controller instance gets an address of its own here, so that ports 80 and 443 are free for every one."""

_LAST = 254


def instance_address(number: int) -> str:
    """Return the address of the ``number``-th controller instance (1 to 64516): the first ones are ``10.100.1.x``."""
    if not 1 <= number <= _LAST * _LAST:
        raise ValueError(number)
    block, last = divmod(number - 1, _LAST)
    return f"10.100.{block + 1}.{last + 1}"


def ip_batch() -> Iterator[str]:
    """Yield the lines for ``ip -batch``: loopback up, every address of the cluster local.

    The default route keeps programs content that look for the machine's main address; it leads nowhere.
    """
    yield "link set lo up"
    yield f"addr add {API_ADDRESS}/32 dev lo"
    yield f"route add local {INSTANCE_NETWORK} dev lo"
    yield f"route add local {POD_CIDR} dev lo"
    yield f"route add default dev lo src {API_ADDRESS}"
