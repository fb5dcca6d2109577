"""The node agent as a process: prints ``ready`` once the node is registered, ends on SIGTERM."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from conformance.clusters.local.node.agent import Agent
from conformance.clusters.local.node.api import Server
from conformance.clusters.local.node.worker import Node
from conformance.errors import ConformanceError

# The watch and the calls live in threads beside a busy event loop: with Python's 5 ms each hand-over would cost as much
# as starting the pod.
SWITCH_INTERVAL = 0.0005


def options_of(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the command line's options; ``SystemExit`` 2 for wrong ones."""
    parser = argparse.ArgumentParser(prog="node", description=__doc__)
    parser.add_argument("--server", required=True, help="URL of the API server")
    parser.add_argument("--ca", type=Path, help="file with the CA of the API server")
    parser.add_argument("--token-file", type=Path, required=True, help="file with the bearer token")
    parser.add_argument("--pod-cidr", required=True, help="network of the pods, local to this machine")
    parser.add_argument("--node-name", required=True)
    parser.add_argument("--node-address", required=True)
    return parser.parse_args(arguments)


async def run(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT; ``ValueError`` or ``OSError`` for options that cannot be used."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    token = options.token_file.read_text(encoding="utf-8").strip()
    server = Server.at(options.server, ca=options.ca, token=token)
    agent = Agent(server, Node(options.node_name, options.node_address), options.pod_cidr)
    await agent.run(stop, _say_ready)


def _say_ready() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


def main() -> int:
    """Return the exit status: 0 after a signal, 2 for wrong options, 3 if the API server refuses the node."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    sys.setswitchinterval(SWITCH_INTERVAL)
    try:
        asyncio.run(run(options_of()))
    except ConformanceError as error:
        sys.stderr.write(f"node: {error}\n")
        return error.exit_status
    except (OSError, ValueError) as error:
        sys.stderr.write(f"node: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
