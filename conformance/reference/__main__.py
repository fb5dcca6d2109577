"""``python -m conformance.reference``: the reference controller, or one of its mutants."""

import argparse
import asyncio
import contextlib
import signal
import sys
from pathlib import Path

from conformance.reference import mutants
from conformance.reference.api import Api
from conformance.reference.controller import Settings, run
from conformance.reference.state import Own


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m conformance.reference", description=__doc__)
    parser.add_argument("--server", default="https://10.100.0.1:6443", help="URL of the API server")
    parser.add_argument("--ca", type=Path, help="PEM file with the API server's certificate authority")
    parser.add_argument("--token-file", type=Path, help="file with the bearer token")
    parser.add_argument("--ingress-class", default="reference", help="name of our class, for the old annotation")
    parser.add_argument(
        "--controller", default="ingress-conformance.dev/reference", help="spec.controller of our classes"
    )
    parser.add_argument("--address", default="0.0.0.0", help="address to listen on")  # noqa: S104
    parser.add_argument("--http-port", type=int, default=80)
    parser.add_argument("--https-port", type=int, default=443)
    parser.add_argument("--publish-address", help="address to write to status (default: --address)")
    parser.add_argument("--namespace", action="append", default=[], help="look at this one only (may be repeated)")
    parser.add_argument("--load-delay", type=float, default=0.0, metavar="SECONDS", help="load changes that much later")
    parser.add_argument("--mutant", type=mutants.parse, metavar="NAME[:ARG]", help="be wrong in that way")
    parser.add_argument("--list-mutants", action="store_true", help="print the mutants' names and what they do wrong")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run until interrupted or terminated; return the exit status: 1 without its ports (argparse ends with 2)."""
    options = _parser().parse_args(arguments)
    if options.list_mutants:
        sys.stdout.writelines(f"{mutant.name}\t{mutant.sentence}\n" for mutant in mutants.MUTANTS.values())
        return 0
    settings = Settings(
        api=Api(options.server, options.ca, options.token_file),
        own=Own(options.controller, options.ingress_class),
        address=options.address,
        http_port=options.http_port,
        https_port=options.https_port,
        publish_address=options.publish_address or options.address,
        load_delay=options.load_delay,
        namespaces=tuple(options.namespace),
        behaviour=options.mutant or mutants.REFERENCE,
    )
    try:
        with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
            asyncio.run(_run_until_terminated(settings))
    except OSError as error:
        sys.stderr.write(f"can't listen on {settings.address}: {error}\n")
        return 1
    return 0


async def _run_until_terminated(settings: Settings) -> None:
    running = asyncio.current_task()
    assert running is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    await run(settings)


if __name__ == "__main__":
    sys.exit(main())
