"""Make an image of a controller's static program: python scripts/offline-kind/controller_image.py traefik OUT.tar

The program is the one that runs on the embedded cluster. The archive takes the place of the published image:

    ingress-conformance run traefik --cluster kind --image traefik=OUT.tar
"""

import subprocess
import sys
from pathlib import Path

from conformance.clusters.kind.archive import Image, write_archive
from conformance.controllers.catalogue import find
from conformance.controllers.programs import get_programs


def main(name: str, out: Path) -> None:
    """Write the image; its one program is its entry point, as in the published image."""
    entry = find(name)
    ((program, words),) = get_programs(entry, lambda line: print(line, file=sys.stderr)).items()
    (path,) = map(Path, words)
    linked = subprocess.run(["ldd", path], capture_output=True, text=True, check=False)
    if linked.returncode == 0 and "statically" not in linked.stdout:
        sys.exit(f"{path} is not static: it would not run alone in an image")
    place = f"/usr/local/bin/{program}"
    config = {"Entrypoint": [place], "Env": ["PATH=/usr/local/bin"], "WorkingDir": "/"}
    image = Image(f"docker.io/ingress-conformance/{name}:{entry.version}", {place: path}, config, folders=("/tmp",))  # noqa: S108
    write_archive(image, out)
    print(f"{image.name} in {out}, {out.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], Path(sys.argv[2]))
