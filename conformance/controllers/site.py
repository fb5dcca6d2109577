"""The place an instance runs in, and the values that its entry's placeholders have there."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

HIDDEN = "***"
TOKEN_FILE = "token"  # noqa: S105 (a file's name)
KUBECONFIG = "kubeconfig"
CERTIFICATE_FILE, KEY_FILE = "default.crt", "default.key"


@dataclass(frozen=True)
class Site:
    """Where an instance runs: the API server it talks to, who it is there, its folder (mode 0700), where it listens.

    ``tokens`` are the further tokens of its entry, by their names.
    """

    server: str
    ca: Path
    token: str = field(repr=False)
    folder: Path
    address: str
    ingress_class: str
    controller: str
    http_port: int = 80
    https_port: int = 443
    number: int = 1
    namespace: str = "ingress-controller"
    account: str = "controller"
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)

    def values(self) -> dict[str, str]:
        """Return the placeholders' values, secrets included."""
        return {
            **self.published(),
            "ca": str(self.ca),
            "token": self.token,
            "token-file": str(self.folder / TOKEN_FILE),
            "kubeconfig": str(self.folder / KUBECONFIG),
            "default-certificate": str(self.folder / CERTIFICATE_FILE),
            "default-key": str(self.folder / KEY_FILE),
            "folder": str(self.folder),
            **self.tokens,
        }

    def shown(self) -> dict[str, str]:
        """Return the values that people may read; paths of temporary folders tell them nothing and are left out."""
        return {**self.published(), "token": HIDDEN}

    def published(self) -> dict[str, str]:
        """Return the values that are neither secret nor a path of this machine."""
        server = urlsplit(self.server)
        return {
            "server": self.server,
            "api-host": server.hostname or "",
            "api-port": str(server.port or 443),
            "class": self.ingress_class,
            "controller": self.controller,
            "number": str(self.number),
            "namespace": self.namespace,
            "account": self.account,
            "pod": f"{self.namespace}-0",
            "address": self.address,
            "http-port": str(self.http_port),
            "https-port": str(self.https_port),
        }

    def secrets(self) -> tuple[str, ...]:
        """Return what no log may show."""
        return tuple(secret for secret in (self.token, *self.tokens.values()) if secret)

    def kubeconfig(self) -> str:
        """Return the content of a kubeconfig file for the controller."""
        cluster = {"server": self.server, "certificate-authority": str(self.ca)}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "cluster", "cluster": cluster}],
            "users": [{"name": "controller", "user": {"token": self.token}}],
            "contexts": [{"name": "controller", "context": {"cluster": "cluster", "user": "controller"}}],
            "current-context": "controller",
        }
        return json.dumps(content)
