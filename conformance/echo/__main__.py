"""The echo backend as a process: ``python -m conformance.echo``, configured by its environment, ended by SIGTERM.

POD_NAME, POD_NAMESPACE and BACKEND say who it is. PORTS (``8080,9090``) speak HTTP/1.1, TLS_PORTS HTTP/2 or HTTP/1.1
over TLS, GRPC_PORTS HTTP/2 without TLS (gRPC, too), EITHER_PORTS HTTP/1.1 or TLS as the client begins, ADMIN_PORT
readiness and counts; READY=false begins unready.
TLS_PAIR is a PEM chain with its key (else one is made that nobody trusts), TLS_CLIENT_CA the PEM CAs whose clients are
asked for a certificate.
"""

import asyncio
import os
import signal
import sys

from conformance.echo.identity import Settings, settings_from
from conformance.echo.server import serve

EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - of a pod, which is all its own
GRACE = 25.0  # less than a pod's usual 30 seconds, so that the last answers are given before the kill


async def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way; ``OSError`` if a port cannot be bound."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    backend = await serve(
        settings.identity,
        EVERY_ADDRESS,
        settings.ports,
        settings.admin_port,
        ready=settings.ready,
        others=settings.others,
    )
    ports = (*backend.ports, *backend.tls_ports, *backend.grpc_ports, *backend.either_ports)
    sys.stdout.write(f"{settings.identity} listens on {', '.join(map(str, ports))}\n")
    sys.stdout.flush()
    await stop.wait()
    backend.close()
    await backend.drained(GRACE)


def main() -> int:
    """Return the exit status: 0 after a signal, 2 if the environment is wrong, 3 if a port cannot be bound."""
    try:
        asyncio.run(run(settings_from(os.environ)))
    except ValueError as error:
        sys.stderr.write(f"echo: {error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"echo: {error}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
