"""Both controllers of a migration are asked one after another, each in a kind cluster of its own."""

import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from conformance.case.model import Case
from conformance.cli.side_by_side import Display
from conformance.clusters.kind.opening import KindOpening, checked
from conformance.clusters.kind.settings import KindSettings, repository
from conformance.controllers.entry import Entry
from conformance.engine.limits import Limits
from conformance.errors import BadInput
from conformance.migrate.interview import INTERRUPTED, Interview
from conformance.report.events import Event


def installable(entries: Sequence[Entry], settings: KindSettings) -> dict[str, KindSettings]:
    """Return the settings for each controller by its name, with those of the images that are its own.

    Raises:
        BadInput: one cannot be installed in a cluster of pods, or an image is none of either.
    """
    own = {}
    for entry in entries:
        known = {repository(image) for image in entry.manifests.images} if entry.manifests else set()
        mine = {name: image for name, image in settings.images.items() if name in known}
        own[entry.name] = replace(settings, images=mine)
        checked(entry, own[entry.name])
    strange = settings.images.keys() - {name for one in own.values() for name in one.images}
    if strange:
        names = " or ".join(entry.name for entry in entries)
        hint = "`ingress-conformance controllers show NAME` names those that there are"
        raise BadInput(f"{' or '.join(sorted(strange))} is no image of {names}", where="--image", hint=hint)
    return own


def ask_on_kind(
    entries: Sequence[Entry],
    cases: Sequence[Case],
    *,
    settings: Mapping[str, KindSettings],
    asked: Path,
    shown: Display,
) -> dict[str, int]:
    """Ask each controller; return the exit status of each by its name. A signal ends the one that is being asked."""
    statuses = {}
    with _stopping() as stop:
        for entry in entries:
            status = INTERRUPTED
            if not stop.is_set():
                began = time.monotonic()
                opening = KindOpening(entry, settings[entry.name], Limits.marker, asked, began)
                status = _interview(opening, entry.name, asked, shown, stop).carry_out(cases)
            statuses[entry.name] = status
            shown.end(entry.name, status)
    return statuses


def _interview(opening: KindOpening, name: str, asked: Path, shown: Display, stop: threading.Event) -> Interview:
    judged: set[str] = set()
    selected = 0

    def hear(event: Event) -> None:
        nonlocal selected
        if event["event"] == "run":
            selected = len(event["selected"])
        elif event["event"] == "case":
            judged.add(event["case"].id)
        shown.count(name, len(judged), selected)

    def say(text: str) -> None:
        shown.say(name, f"{name}: {text}")

    def warn(text: str) -> None:
        shown.say(name, text)

    return Interview(opening, asked / name, opening.began, say, warn, hear, stop)


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """Yield what a signal sets: nothing is broken off where a cluster would be left."""
    stop = threading.Event()
    before = {
        number: signal.signal(number, lambda _number, _frame: stop.set())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
