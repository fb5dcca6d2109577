"""``cluster clean``: choose among what runs have left, and delete it."""

import datetime as dt
import re
from collections.abc import Callable, Sequence

from conformance.clusters.current.connecting import connect
from conformance.clusters.current.going_on import goes_on
from conformance.clusters.current.leftovers import Leftover, delete, leftovers
from conformance.clusters.current.settings import Settings
from conformance.errors import BadInput

LIMIT = 120.0
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parsed_age(text: str) -> dt.timedelta:
    """Return the age that ``90s``, ``30m``, ``1h`` or ``2d`` says.

    Raises:
        BadInput: it says none.
    """
    found = re.fullmatch(r"(\d{1,5})([smhd])", text)
    if found is None:
        raise BadInput(f"{text[:20]!r} is no age", where="--older-than", hint="such as 90s, 30m, 1h or 2d")
    return dt.timedelta(**{_UNITS[found[2]]: int(found[1])})


def clean_up(
    settings: Settings, run_id: str, age: dt.timedelta, say: Callable[[str], object], *, dry_run: bool
) -> bool:
    """Delete what is older than ``age`` (of one run, if it is named); return whether it is gone.

    Raises:
        HarnessFailure: no connection.
        Refused: the API server does not allow it.
    """
    connection = connect(settings)
    found = leftovers(connection.api, run_id)
    chosen = chosen_of(found, dt.datetime.now(dt.UTC) - age, goes_on)
    say(f"context {connection.context}, {connection.server}:")
    for leftover in found:
        if leftover not in chosen:
            why = "a run that goes on here" if goes_on(leftover.run_id) else "too young"
            say(f"  left alone ({why}): {leftover}")
    for leftover in chosen:
        word = "would be deleted" if dry_run else "deleting"
        say(f"  {word}: {leftover} (made {leftover.created:%Y-%m-%d %H:%M:%S} UTC)")
    if not chosen:
        say("  nothing to delete")
    if dry_run:
        return True
    left = delete(connection.api, chosen, LIMIT)
    for leftover in left:
        say(f"  still there after {LIMIT:.0f} s: {leftover}")
    return not left


def chosen_of(found: Sequence[Leftover], before: dt.datetime, busy: Callable[[str], bool]) -> list[Leftover]:
    """Return those that were made at that time or before it, without those of runs that are ``busy``."""
    return [leftover for leftover in found if leftover.created <= before and not busy(leftover.run_id)]
