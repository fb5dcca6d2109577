"""Everything that a run needs and that the network has, had before the run enters namespaces without a network."""

from collections.abc import Mapping

from conformance.clusters.local.programs import ensure
from conformance.controllers.catalogue import find
from conformance.controllers.command import process_of
from conformance.controllers.entry import Entry
from conformance.controllers.programs import get_programs
from conformance.locked_cache import Say


def prepare(entry: Entry | None, overrides: Mapping[str, str], say: Say) -> None:
    """Get the programs of the embedded cluster and of a controller, if there is one; a first build takes minutes.

    Raises:
        BadInput: the controller only runs in pods.
        HarnessFailure: a program cannot be had; it says why.
    """
    if entry is not None:
        process_of(entry)
    ensure(say)
    if entry is not None:
        get_programs(entry, say, overrides)


def prepare_named(controller: str | None, overrides: Mapping[str, str], say: Say) -> None:
    """Do the same for a controller by its name in the catalogue, or the path of its entry.

    Raises:
        ConformanceError: there is no such entry, and whatever :func:`prepare` raises.
    """
    prepare(None if controller is None else find(controller, overrides), overrides, say)
