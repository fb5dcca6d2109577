"""Programs built from source, as pinned by the go.mod and go.sum that lie beside this module."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from conformance.clusters.local.programs.pins import ORIGIN_FILE, Component
from conformance.clusters.local.programs.present import stated_version
from conformance.errors import HarnessFailure
from conformance.gobuild import go_build
from conformance.gotoolchain import go_toolchain, go_version


def fill_from_source(component: Component, scratch: Path, say: Callable[[str], None]) -> None:
    """Build the programs of ``component`` into ``scratch``, with a note of their origin.

    Raises HarnessFailure where there is no Go, the build fails, or what it made is not the pinned version.
    """
    with tempfile.TemporaryDirectory(prefix="ingress-conformance-") as module:
        # A copy, since the installed package may be read-only, and a go.work or a vendor folder above it none of ours.
        for name in ("go.mod", "go.sum"):
            shutil.copyfile(component.module / name, Path(module, name))
        built = go_build(Path(module), component.packages, scratch, ldflags=component.ldflags, env={}, say=say)
    for program in built:
        stated = stated_version(program)
        if stated != component.version:
            raise HarnessFailure(
                f"the {program.name} just built states version {stated or 'none, or does not run'}"
                f" instead of {component.version}",
                where=str(scratch),
                hint="see that the cache folder is not mounted noexec",
            )
    (scratch / ORIGIN_FILE).write_text(f"built from source with {go_version(go_toolchain(say))}\n")
