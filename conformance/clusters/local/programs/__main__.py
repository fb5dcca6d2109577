"""Get the programs of the embedded cluster now, so that the first run need not wait for them.

Run as ``python -m conformance.clusters.local.programs``; ends with status 3 where there is no way to get them.
"""

import sys

from conformance.clusters.local.programs import ensure
from conformance.errors import ConformanceError


def main() -> int:
    """Get the programs, telling what is going on, and return the exit status."""
    try:
        programs = ensure(lambda line: print(line, flush=True))  # noqa: T201
    except ConformanceError as failure:
        print(f"error: {failure}", file=sys.stderr)  # noqa: T201
        return failure.exit_status
    print(f"ready: {programs.origin}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
