"""The reference controller, which begins to listen, and to load anything, long after it was started."""

import sys
import time

from conformance.reference import __main__ as reference

LATE = 12.0
"""Seconds: much longer than the marker limit of the test that starts it."""


def main() -> int:
    """See :mod:`conformance.reference`."""
    time.sleep(LATE)
    return reference.main()


if __name__ == "__main__":
    sys.exit(main())
