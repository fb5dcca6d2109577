"""What the user says about a cluster of their own: options in, checked values out. Pure."""

import ipaddress
import re
from dataclasses import dataclass

from conformance.errors import BadInput

HTTP_PORT, HTTPS_PORT = 80, 443

_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\.?")


@dataclass(frozen=True)
class Settings:
    """How to reach the cluster and the controller; empty where it is to be found out.

    ``https_port`` is None where http has an unusual port and nobody says where https is: the usual one may be
    somebody else's then.
    """

    kubeconfig: str = ""
    context: str = ""
    ingress_class: str = ""
    host: str = ""
    http_port: int = HTTP_PORT
    https_port: int | None = HTTPS_PORT
    echo_image: str = ""
    exclusive: bool = False


def settings_of(
    *,
    kubeconfig: str = "",
    context: str = "",
    ingress_class: str = "",
    address: str = "",
    http_port: str = "",
    https_port: str = "",
    echo_image: str = "",
    exclusive: bool = False,
) -> Settings:
    """Return the settings that the options say.

    Raises:
        BadInput: an address or a port that is none, or two options that contradict each other.
    """
    host, port = parsed_address(address) if address else ("", None)
    said, https = _port("--http-port", http_port), _port("--https-port", https_port)
    if port and said and port != said:
        where = "--address/--http-port"
        raise BadInput(f"one says port {port}, the other {said}", where=where, hint="give the port for http once")
    http = said or port or HTTP_PORT
    return Settings(
        kubeconfig=kubeconfig,
        context=context,
        ingress_class=ingress_class,
        host=host,
        http_port=http,
        https_port=https or (HTTPS_PORT if http == HTTP_PORT else None),
        echo_image=echo_image,
        exclusive=exclusive,
    )


def parsed_address(text: str) -> tuple[str, int | None]:
    """Return host and port (None if there is none) of HOST, HOST:PORT, an IPv6 address, or [IPv6]:PORT.

    Raises:
        BadInput: it is none of these.
    """
    bracketed = re.fullmatch(r"\[([^\]]*)\](?::(\d+))?", text)
    if bracketed:
        host, port = bracketed.groups()
    elif text.count(":") > 1:
        host, port = text, None
    else:
        host, _, port = text.partition(":")
        if text.endswith(":"):
            port = "?"
    named = not bracketed and ":" not in host and _HOST_NAME.fullmatch(host)
    if not (_is_ip(host) or named) or (port and not port.isdigit()):
        hint = "write 192.0.2.7, 192.0.2.7:8080, lb.example.org:8080 or [2001:db8::7]:8080, without http://"
        raise BadInput(f"{text!r} is not HOST or HOST:PORT", where="--address", hint=hint)
    return host, _port("--address", port or "")


def _port(option: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 0 < int(text) < 65536):
        raise BadInput(f"{text[:20]!r} is no port", where=option, hint="a port is a number from 1 to 65535")
    return int(text)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
