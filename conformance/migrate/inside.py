"""Inside the private namespaces: bring up a cluster and one controller, ask it, and write what it answered.

Run as ``python -m conformance.migrate.inside`` by the command line only, with the cases in a file.
"""

import argparse
import json
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

from conformance.case.model import Case
from conformance.clusters.local.cluster import LocalCluster
from conformance.controllers.catalogue import find, parse_overrides
from conformance.errors import ConformanceError
from conformance.migrate.interview import INTERRUPTED, Interview
from conformance.suite.opening import LocalOpening


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask one controller; returns the exit status: 0, 3 (it could not be asked), or 130."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--controller", required=True)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--set", action="append", default=[], dest="programs")
    asked = parser.parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    began = time.monotonic()
    try:
        overrides = parse_overrides(asked.programs)
        entry = find(asked.controller, overrides)
        cases = [Case.model_validate(one) for one in json.loads(asked.cases.read_text(encoding="utf-8"))]

        def say(text: str) -> None:
            _tell(f"{entry.name}: {text}")

        cluster: Future[LocalCluster] = Future()
        cluster.set_result(LocalCluster.start(say))
        opening = LocalOpening(entry, overrides, cluster, began)
        return Interview(opening, asked.out / entry.name, began, say, _tell).carry_out(cases)
    except KeyboardInterrupt:
        return INTERRUPTED
    except ConformanceError as error:
        _tell(f"error: {error}")
        return error.exit_status


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
