"""The ``{placeholders}`` in an entry's command line, environment and files."""

import re
from collections.abc import Iterator, Mapping

SITE = {
    "server": "URL of the API server",
    "ca": "file with the API server's certificate authority (PEM)",
    "token": "the controller's bearer token; prefer token-file, so that no process list shows it",
    "token-file": "file with the bearer token, readable by its owner only",
    "kubeconfig": "kubeconfig file with server, CA and token, readable by its owner only",
    "class": "name of the instance's IngressClass",
    "controller": "spec.controller of that class",
    "address": "address to listen on",
    "http-port": "port for http",
    "https-port": "port for https",
    "folder": "the instance's own folder, which is also its working folder and its HOME",
}
"""What an entry may ask of the place it runs in; the names of its programs come on top."""

_PATTERN = re.compile(r"\{(\{[a-z][a-z0-9-]*\})\}|\{([a-z][a-z0-9-]*)\}")


def expand(text: str, values: Mapping[str, str]) -> str:
    """Return ``text`` with its placeholders replaced; those without a value stay, ``{{word}}`` becomes ``{word}``.

    Other braces mean nothing, so that JSON and the like can stand in a file as they are.
    """
    return _PATTERN.sub(lambda found: found[1] or values.get(found[2], found[0]), text)


def placeholders(text: str) -> Iterator[str]:
    """Yield the names of the placeholders in ``text``."""
    for found in _PATTERN.finditer(text):
        if found[2]:
            yield found[2]
