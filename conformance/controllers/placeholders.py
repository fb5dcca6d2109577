"""The ``{placeholders}`` in an entry's command lines, environment, files and objects."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

SITE = {
    "server": "URL of the API server",
    "api-host": "address of the API server",
    "api-port": "port of the API server",
    "ca": "file with the API server's certificate authority (PEM)",
    "token": "the controller's bearer token; prefer token-file, so that no process list shows it",
    "token-file": "file with the bearer token, readable by its owner only",
    "kubeconfig": "kubeconfig file with server, CA and token, readable by its owner only",
    "default-certificate": "file with a certificate (PEM) for hosts that have none of their own",
    "default-key": "file with its key, readable by its owner only",
    "class": "name of the instance's IngressClass",
    "controller": "spec.controller of that class",
    "number": "number of the instance, counted from 1",
    "namespace": "namespace of the instance's own objects",
    "account": "service account of the instance, in that namespace",
    "pod": "name for a Pod object that stands for the instance",
    "address": "address to listen on; all of its ports are free",
    "http-port": "port for http",
    "https-port": "port for https",
    "folder": "the instance's own folder, which is also its working folder and its HOME",
    "path": "the PATH of whoever runs the suite",
}
"""What an entry may ask of the place it runs in; the names of its programs come on top."""

FOLDER_OF = "-folder"
"""``{NAME-folder}`` is the folder that the program NAME lies in."""

_PATTERN = re.compile(r"\{(\{[a-z][a-z0-9-]*\})\}|\{([a-z][a-z0-9-]*)\}")


def expand(text: str, values: Mapping[str, str]) -> str:
    """Return ``text`` with its placeholders replaced; those without a value stay, ``{{word}}`` becomes ``{word}``.

    Other braces mean nothing, so that JSON and the like can stand in a file as they are.
    """
    return _PATTERN.sub(lambda found: found[1] or values.get(found[2], found[0]), text)


def expand_all(value: Any, values: Mapping[str, str]) -> Any:
    """Return plain data with the placeholders in all of its texts replaced, those of keys too."""
    if isinstance(value, str):
        return expand(value, values)
    if isinstance(value, dict):
        return {expand(key, values): expand_all(part, values) for key, part in value.items()}
    return [expand_all(part, values) for part in value] if isinstance(value, (list, tuple)) else value


def placeholders(text: str) -> Iterator[str]:
    """Yield the names of the placeholders in ``text``."""
    for found in _PATTERN.finditer(text):
        if found[2]:
            yield found[2]


def all_placeholders(value: Any) -> Iterator[str]:
    """Yield the names of the placeholders in all texts of plain data."""
    if isinstance(value, str):
        yield from placeholders(value)
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from placeholders(key)
            yield from all_placeholders(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from all_placeholders(part)
