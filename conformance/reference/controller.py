"""The controller as a whole: watches feed a loader, the loader swaps the front's snapshot and has status written."""

import asyncio
import os
import queue
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from conformance.reference.api import Api
from conformance.reference.behaviour import REFERENCE, Behaviour
from conformance.reference.front import Front
from conformance.reference.model import Snapshot
from conformance.reference.objects import Event, Objects, apply
from conformance.reference.state import Own, build
from conformance.reference.status import Publisher, patches
from conformance.reference.watch import Scope, scopes, watch


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line says."""

    api: Api
    own: Own
    address: str
    http_port: int
    https_port: int
    publish_address: str
    load_delay: float = 0.0
    behaviour: Behaviour = REFERENCE
    namespaces: tuple[str, ...] = ()


def batches(events: "queue.SimpleQueue[Event]") -> Iterator[list[Event]]:
    """Yield what has arrived, all of it at once: while one batch is loaded, the next one gathers."""
    while True:
        batch = [events.get()]
        while not events.empty():
            batch.append(events.get())
        yield batch


def load(settings: Settings, front: Front, loop: asyncio.AbstractEventLoop, events: "queue.SimpleQueue[Event]") -> None:
    """Keep the front's snapshot up to date, once everything was listed; never returns."""
    behaviour, missing = settings.behaviour, set(scopes(settings.namespaces))
    publisher = Publisher(settings.api, behaviour.status_period)
    threading.Thread(target=publisher.run, name="status", daemon=True).start()
    objects, newest = Objects(), Snapshot()

    def swap(snapshot: Snapshot, wanted: Objects) -> None:
        front.current = snapshot
        publisher.publish(patches(wanted, settings.own, settings.publish_address, behaviour))

    for batch in batches(events):
        seen = time.monotonic()
        objects = apply(objects, batch, behaviour.reading.hear)
        missing -= {Scope(event.kind, event.namespace) for event in batch if event.listed}
        if missing:
            continue
        newest = behaviour.reading.settle(newest, build(objects, settings.own, behaviour.reading), objects)
        due = max(0.0, settings.load_delay - (time.monotonic() - seen))
        loop.call_soon_threadsafe(loop.call_later, due, swap, newest, objects)


async def run(settings: Settings) -> None:
    """Serve until cancelled; raises OSError when a port can't be had."""
    front = Front(settings.behaviour)
    servers = await front.listen(settings.address, http_port=settings.http_port, https_port=settings.https_port)
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    stop, loop = threading.Event(), asyncio.get_running_loop()
    threading.excepthook = _die
    for scope in scopes(settings.namespaces):
        threading.Thread(
            target=watch, args=(settings.api, scope, events.put, stop), name=scope.kind, daemon=True
        ).start()
    threading.Thread(target=load, args=(settings, front, loop, events), name="loader", daemon=True).start()
    await asyncio.gather(*(server.serve_forever() for server in servers))


def _die(failure: threading.ExceptHookArgs) -> NoReturn:
    """End the whole process when one of its threads fails: half a controller would look like a wrong one."""
    sys.excepthook(failure.exc_type, failure.exc_value or SystemExit(), failure.exc_traceback)
    sys.stderr.flush()
    os._exit(70)
