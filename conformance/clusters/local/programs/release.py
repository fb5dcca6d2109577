"""Released programs: from the projects' own download pages, or from a mirror with the same paths.

Sources: https://kubernetes.io/releases/download/ and https://github.com/etcd-io/etcd/releases.
"""

import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

from conformance.clusters.local.programs.fetching import (
    ORDINARY_PATIENCE,
    Patience,
    Unavailable,
    checksum_for,
    fetch_file,
    fetch_text,
)
from conformance.clusters.local.programs.pins import ORIGIN_FILE, Component, platform
from conformance.clusters.local.programs.present import stated_version
from conformance.clusters.local.programs.sources import base_url
from conformance.errors import HarnessFailure

_RELEASED_FOR = {"linux-amd64", "linux-arm64"}


def fill_from_release(
    component: Component, scratch: Path, say: Callable[[str], None], patience: Patience = ORDINARY_PATIENCE
) -> None:
    """Put the released programs of ``component`` and a note of their origin into ``scratch``.

    Raises Unavailable where they cannot be had, and HarnessFailure where something is wrong with what came.
    """
    if platform() not in _RELEASED_FOR:
        raise Unavailable(f"there are no releases for {platform()}")
    if component.name == "etcd":
        _fetch_etcd(component, scratch, say, patience)
    else:
        _fetch_kubernetes(component, scratch, say, patience)
    for name in component.packages:
        (scratch / name).chmod(0o755)
        stated = stated_version(scratch / name)
        if stated != component.version:
            raise HarnessFailure(
                f"the {name} downloaded from {base_url(component)} states version {stated or 'none, or does not run'}"
                f" instead of {component.version}",
                hint="see that the cache folder is not mounted noexec, and that the mirror serves the right files",
            )
    (scratch / ORIGIN_FILE).write_text(f"release from {base_url(component)}, checksum verified\n")


def _fetch_kubernetes(component: Component, scratch: Path, say: Callable[[str], None], patience: Patience) -> None:
    system, architecture = platform().split("-")
    base = f"{base_url(component)}/{component.version}/bin/{system}/{architecture}"
    for name in component.packages:
        checksum = checksum_for(name, fetch_text(f"{base}/{name}.sha256", patience))
        fetch_file(f"{base}/{name}", checksum, scratch / name, patience, _teller(component, name, say))


def _fetch_etcd(component: Component, scratch: Path, say: Callable[[str], None], patience: Patience) -> None:
    base = f"{base_url(component)}/{component.version}"
    top = f"etcd-{component.version}-{platform()}"
    checksum = checksum_for(f"{top}.tar.gz", fetch_text(f"{base}/SHA256SUMS", patience))
    archive = scratch / f"{top}.tar.gz"
    fetch_file(f"{base}/{top}.tar.gz", checksum, archive, patience, _teller(component, "etcd", say))
    try:
        _take_out(archive, f"{top}/etcd", scratch / "etcd")
    except (tarfile.TarError, KeyError) as error:
        raise HarnessFailure(f"there is no {top}/etcd to be had from {archive.name}: {error}", where=base) from error
    archive.unlink()


def _take_out(archive: Path, member: str, to: Path) -> None:
    # Only this one file is read out, so nothing else in the archive can land anywhere.
    with tarfile.open(archive) as packed:
        program = packed.extractfile(member)
        if program is None:
            raise KeyError(member)
        with program, to.open("wb") as file:
            shutil.copyfileobj(program, file)


def _teller(component: Component, name: str, say: Callable[[str], None]) -> Callable[[str], None]:
    say(f"downloading {name} {component.version}")
    return lambda progress: say(f"downloading {name} {component.version}: {progress}")
