"""The reference controller, stopped by SIGSTOP when it has begun to listen and before it has loaded anything."""

import os
import signal
import sys

from conformance.reference import __main__ as reference
from conformance.reference.controller import Settings
from conformance.reference.front import Front


async def listen_and_stop(settings: Settings) -> None:
    """Open every port, and never come to an answer: whoever continues it, as the suite does, sees it stop again."""
    await Front(settings.behaviour).listen(
        settings.address, http_port=settings.http_port, https_port=settings.https_port
    )
    # The loop that would hear of it does not turn any more.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    while True:
        os.kill(os.getpid(), signal.SIGSTOP)


def main() -> int:
    """See :mod:`conformance.reference`."""
    reference.run = listen_and_stop  # type: ignore[attr-defined]
    return reference.main()


if __name__ == "__main__":
    sys.exit(main())
