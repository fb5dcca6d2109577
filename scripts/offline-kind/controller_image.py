"""Make an image of a controller's program: python scripts/offline-kind/controller_image.py NAME [PROGRAM] OUT.tar

NAME is an entry of the catalogue; PROGRAM one of its programs, where it has several. It is the one that runs on the
embedded cluster, with the libraries of this machine that it is linked with. The archive takes the place of the
published image:

    ingress-conformance run traefik --cluster kind --image traefik=OUT.tar
"""

import os
import sys
from pathlib import Path

from conformance.clusters.kind.archive import Image, write_archive
from conformance.clusters.kind.linked import placed
from conformance.controllers.catalogue import find
from conformance.controllers.programs import get_programs
from conformance.errors import ConformanceError

_LIBRARIES = "/lib/own"


def main(name: str, program: str, out: Path) -> None:
    """Write the image; its one program is its entry point, as in the published image."""
    entry = find(name)
    found = get_programs(entry, lambda line: print(line, file=sys.stderr))
    runs = [key for key, words in found.items() if len(words) == 1 and os.access(words[0], os.X_OK)]
    program = program or (runs[0] if len(runs) == 1 else "")
    if program not in runs:
        sys.exit(f"{name} has these programs, say which: {', '.join(runs)}")
    path = Path(found[program][0])
    place = f"/bin/{program}"
    files = {place: path, **placed([path], _LIBRARIES)}
    environment = ["PATH=/bin", f"LD_LIBRARY_PATH={_LIBRARIES}"]
    config = {"Entrypoint": [place], "Env": environment, "WorkingDir": "/"}
    image = Image(f"docker.io/ingress-conformance/{name}-{program}:{entry.version}", files, config, folders=("/tmp",))  # noqa: S108
    write_archive(image, out)
    print(f"{image.name} in {out}, {out.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    if len(sys.argv) not in {3, 4}:
        sys.exit(__doc__)
    try:
        main(sys.argv[1], sys.argv[2] if len(sys.argv) == 4 else "", Path(sys.argv[-1]))
    except ConformanceError as error:
        sys.exit(str(error))
