"""From an entry and the place it runs in to the command line, the environment and the files: values only."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conformance.controllers.entry import Entry
from conformance.controllers.placeholders import expand, placeholders
from conformance.controllers.programs import Programs

HIDDEN = "***"
TOKEN_FILE = "token"  # noqa: S105 (a file's name)
KUBECONFIG = "kubeconfig"
LOG = "controller.log"

_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
"""What a controller gets of our own environment: no proxies, no options that a user set for other work."""


@dataclass(frozen=True)
class Site:
    """Where an instance runs: the API server it talks to, its own folder (mode 0700), and where it listens."""

    server: str
    ca: Path
    token: str = field(repr=False)
    folder: Path
    address: str
    ingress_class: str
    controller: str
    http_port: int = 80
    https_port: int = 443


@dataclass(frozen=True)
class Invocation:
    """What to start. ``shown`` is the command without secrets and without what differs from run to run."""

    argv: tuple[str, ...] = field(repr=False)
    shown: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    files: Mapping[str, str] = field(repr=False)


def invocation(entry: Entry, programs: Programs, site: Site, environment: Mapping[str, str]) -> Invocation:
    """Return what starts an instance of ``entry`` at ``site``; ``environment`` is this process's own.

    Files with secrets are among ``files`` only where the entry asks for them.
    """
    process = entry.process
    values = _values(site)
    plain = {name: words[0] for name, words in programs.items() if len(words) == 1}
    kept = {name: environment[name] for name in _ENVIRONMENT if name in environment}
    own = {name: expand(text, {**values, **plain}) for name, text in process.env.items()}
    asked = {
        name
        for text in (*process.command, *process.env.values(), *process.files.values())
        for name in placeholders(text)
    }
    files = {name: expand(text, {**values, **plain}) for name, text in process.files.items()}
    if "token-file" in asked:
        files[TOKEN_FILE] = site.token
    if "kubeconfig" in asked:
        files[KUBECONFIG] = _kubeconfig(site)
    return Invocation(
        argv=tuple(_words(process.command, programs, values)),
        shown=shown_command(entry, _shown(site)),
        env={**kept, "HOME": str(site.folder), **own},
        files=files,
    )


def shown_command(entry: Entry, values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the command as people read it: programs by their names, and what ``values`` lacks as it stands."""
    programs = {
        name: ("python", "-m", source.python) if source.kind == "python" else (name,)
        for name, source in entry.process.programs.items()
    }
    return tuple(_words(entry.process.command, programs, values))


def _words(command: Iterable[str], programs: Programs, values: Mapping[str, str]) -> Iterable[str]:
    plain = {name: words[0] for name, words in programs.items() if len(words) == 1}
    for word in command:
        name = word[1:-1]
        if word == f"{{{name}}}" and name in programs:
            yield from programs[name]
        else:
            yield expand(word, {**values, **plain})


def _values(site: Site) -> dict[str, str]:
    return {
        **_published(site),
        "ca": str(site.ca),
        "token": site.token,
        "token-file": str(site.folder / TOKEN_FILE),
        "kubeconfig": str(site.folder / KUBECONFIG),
        "folder": str(site.folder),
    }


def _shown(site: Site) -> dict[str, str]:
    # Paths of this machine's temporary folders tell a reader nothing: they stay the placeholders that they are.
    return {**_published(site), "token": HIDDEN}


def _published(site: Site) -> dict[str, str]:
    return {
        "server": site.server,
        "class": site.ingress_class,
        "controller": site.controller,
        "address": site.address,
        "http-port": str(site.http_port),
        "https-port": str(site.https_port),
    }


def _kubeconfig(site: Site) -> str:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "cluster", "cluster": {"server": site.server, "certificate-authority": str(site.ca)}}],
        "users": [{"name": "controller", "user": {"token": site.token}}],
        "contexts": [{"name": "controller", "context": {"cluster": "cluster", "user": "controller"}}],
        "current-context": "controller",
    }
    return json.dumps(content)
