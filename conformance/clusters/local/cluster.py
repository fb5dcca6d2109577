"""The embedded cluster of one run, from nothing to namespaces with ready backends."""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from conformance.clusters.local.addresses import API_ADDRESS, instance_address
from conformance.clusters.local.control_plane import SERVER, ControlPlane
from conformance.clusters.local.credentials import make_credentials
from conformance.clusters.local.namespace import inside
from conformance.clusters.local.programs import ensure
from conformance.errors import HarnessFailure


@dataclass
class LocalCluster:
    """A control plane in the private namespaces of this process."""

    folder: Path
    plane: ControlPlane
    provider: str = "local"
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1), init=False)

    @classmethod
    def start(cls, say: Callable[[str], None]) -> "LocalCluster":
        """Bring the control plane up.

        Raises:
            HarnessFailure: not inside the private namespaces, no programs, or they do not start.
        """
        if not inside():
            raise HarnessFailure("the embedded cluster only starts inside its private namespaces")
        programs = ensure(say)
        folder = Path(tempfile.mkdtemp(prefix="cluster-"))
        credentials = make_credentials(folder)
        plane = ControlPlane(programs, credentials, folder)
        try:
            say("starting etcd and kube-apiserver")
            plane.start_server()
            # It takes a second to serve; the client's first import fits in.
            _import_client()
            plane.start_others()
        except BaseException:
            plane.end()
            raise
        return cls(folder, plane)

    @property
    def server(self) -> str:
        """The API server's URL."""
        return SERVER

    @property
    def address(self) -> str:
        """The API server's address."""
        return API_ADDRESS

    def next_address(self) -> tuple[int, str]:
        """Return the number and the address of a controller instance that does not exist yet."""
        number = next(self._numbers)
        return number, instance_address(number)

    def end(self) -> None:
        """End every program of the control plane."""
        self.plane.end()


def _import_client() -> None:
    # Through our own module only: two threads that enter the client's lazy modules by two doors lock each other out.
    import conformance.clusters.api  # noqa: F401, PLC0415 - imported for its side effect on sys.modules
