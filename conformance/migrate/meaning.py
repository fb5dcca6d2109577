"""What the value of an annotation means as it is written: whether it turns something off, and what kind it is. Pure."""

import ipaddress
import re
from collections.abc import Callable, Mapping

from conformance.migrate.annotations import Kind

HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")
_OFF = frozenset({"", "0", "false", "no", "none", "off"})


def is_off(value: str) -> bool:
    """Tell whether a value says that nothing shall be done."""
    return value.strip().lower() in _OFF


def is_a(kind: Kind, value: str) -> bool:
    """Tell whether a value is of the kind that an annotation must hold: nobody knows what another one means."""
    return _KINDS[kind](value)


def _addresses(value: str) -> bool:
    try:
        return bool([ipaddress.ip_network(part.strip(), strict=False) for part in value.split(",")])
    except ValueError:
        return False


def _number(value: str) -> bool:
    return value.strip().isdecimal()


def _headers(value: str) -> bool:
    return all(HEADER_NAME.fullmatch(name.strip()) for name in value.split(","))


_KINDS: Mapping[Kind, Callable[[str], bool]] = {"addresses": _addresses, "number": _number, "headers": _headers}
