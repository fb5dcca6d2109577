"""``python -m conformance.tests.held FOLDER``: leaves a file there when it starts, and another when it may go on."""

import sys
from pathlib import Path

from conformance.clusters.local.namespace import await_go_on

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "started").touch()
    await_go_on()
    (folder / "went-on").touch()
