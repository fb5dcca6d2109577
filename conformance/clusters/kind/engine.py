"""The container engine that a kind cluster runs in: Docker, Podman or nerdctl, whichever answers."""

import ipaddress
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from conformance.clusters.current.patience import Patience
from conformance.clusters.kind.commands import Commands
from conformance.errors import HarnessFailure

ENGINES = ("docker", "podman", "nerdctl")
PROVIDER = "KIND_EXPERIMENTAL_PROVIDER"
INSTALL = "install Docker (https://docs.docker.com/engine/install/) or Podman, and see that `docker ps` works"

_LIMIT = 30.0
_SAVE_LIMIT = 300.0
_FORMATS = {"podman": "{{.Host.CgroupsVersion}}"}
_ADDRESSES = "{{range .NetworkSettings.Networks}}{{.IPAddress}}/{{.IPPrefixLen}} {{end}}"


@dataclass(frozen=True)
class Engine:
    """An engine that has answered."""

    name: str
    program: str
    cgroup_v1: bool
    commands: Commands

    def address_of(self, container: str, patience: Patience) -> ipaddress.IPv4Interface:
        """Return a container's IPv4 address, with its network.

        Raises:
            HarnessFailure: it has none.
        """
        told = self.commands.run([self.program, "inspect", "--format", _ADDRESSES, container], patience, _LIMIT)
        for text in told.split():
            try:
                return ipaddress.IPv4Interface(text)
            except ValueError:
                continue
        raise HarnessFailure(f"the container {container} has no IPv4 address", where=self.name)

    def execute(
        self, container: str, words: list[str], patience: Patience, limit: float = _LIMIT, given: str = ""
    ) -> str:
        """Return what a command wrote that was run in a container; ``given`` is its input.

        Raises:
            HarnessFailure: it failed.
            Interrupted: the run was asked to stop.
        """
        how = ["exec", "--interactive", container] if given else ["exec", container]
        return self.commands.run([self.program, *how, *words], patience, limit, given)

    def save(self, image: str, to: Path, patience: Patience) -> None:
        """Write an image that the engine has as an archive.

        Raises:
            HarnessFailure: it has no such image, or the file cannot be written.
            Interrupted: the run was asked to stop.
        """
        self.commands.run([self.program, "save", "-o", to, image], patience, _SAVE_LIMIT)

    def remove_network(self, name: str) -> None:
        """Remove a network that nothing is connected to any more.

        Raises:
            HarnessFailure: it cannot be removed.
        """
        self.commands.run([self.program, "network", "rm", name], Patience(), _LIMIT)

    def network_exists(self, name: str) -> bool:
        """Tell whether there is a network of exactly that name."""
        told = self.commands.run([self.program, "network", "ls", "--format", "{{.Name}}"], Patience(), _LIMIT)
        return name in told.split()


def find_engine(patience: Patience) -> Engine:
    """Return the engine that the user chose (KIND_EXPERIMENTAL_PROVIDER, as for kind), else the first that answers.

    Raises:
        HarnessFailure: there is none; it says what each answered.
    """
    chosen = os.environ.get(PROVIDER, "")
    said = []
    for name in (chosen,) if chosen in ENGINES else ENGINES:
        program = shutil.which(name)
        if program is None:
            continue
        try:
            told = Commands().run(
                [program, "info", "--format", _FORMATS.get(name, "{{.CgroupVersion}}")], patience, _LIMIT
            )
        except HarnessFailure as failure:
            said.append(" ".join(failure.message.split())[:300])
            continue
        return Engine(name, program, told.strip().lstrip("v") == "1", Commands({PROVIDER: name}))
    if said:
        raise HarnessFailure(f"no container engine answers: {'; '.join(said)}", hint=INSTALL)
    raise HarnessFailure("there is no container engine: neither docker, podman nor nerdctl is on PATH", hint=INSTALL)
