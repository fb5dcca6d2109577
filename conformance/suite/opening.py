"""How a session gets its stage: each kind of cluster opens in a way of its own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from conformance.case.model import Case
from conformance.clusters.local.cluster import LocalCluster
from conformance.clusters.local.stage import LocalStage
from conformance.controllers.catalogue import find
from conformance.controllers.entry import Entry
from conformance.controllers.origins import Origin, origins_of
from conformance.controllers.profile import Profile
from conformance.engine.stage import RunningController, Stage
from conformance.suite.options import RunOptions

UNVERIFIED = "process unverified"
"""What a report says, beside the version, of an entry with ``verified: false`` under process."""

Say = Callable[[str], None]
Wanted = Callable[[], Sequence[Case]]


class ShownController(RunningController, Protocol):
    """A controller that can also tell a reader about itself."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """Its command line without secrets; empty where somebody else started it."""


class RunStage(Stage, Protocol):
    """A stage as a session needs it: it can also tell about itself, and be ended."""

    @property
    def main(self) -> ShownController:
        """The instance that serves the shared cases."""

    @property
    def provider(self) -> str:
        """The kind of cluster: local, kind or current."""

    @property
    def cluster_seconds(self) -> float:
        """How long it took from the run's start until the objects of the run were on the cluster."""

    def end(self) -> None:
        """Take away whatever the run brought; safe to call however far it came."""


class Opening(Protocol):
    """Everything about the cluster and the controller that was decided before the run began."""

    @property
    def controller(self) -> Profile:
        """What reports say about the controller."""

    def origins(self) -> tuple[Origin, ...]:
        """Return where the controller's programs came from, as far as it is known; asked when the stage is there."""

    def skipped(self, cases: Sequence[Case]) -> dict[str, str]:
        """Return which of the cases cannot be observed there, by id, and why."""

    def open(self, wanted: Wanted, say: Say, warn: Say, stop: threading.Event) -> RunStage:
        """Return the stage, ready for the cases that are not skipped.

        ``wanted`` waits until it is known which cases were selected, and returns them. ``say`` tells what is going on,
        ``warn`` what the user should know in the end. ``stop`` asks to give up soon.

        Raises:
            HarnessFailure: it cannot be had.
            Interrupted: ``stop`` was set meanwhile.
        """


@dataclass(frozen=True)
class LocalOpening:
    """The embedded cluster, which is already on its way since ``began``, and a controller of the catalogue on it."""

    entry: Entry
    programs: dict[str, str]
    cluster: Future[LocalCluster]
    began: float

    @property
    def controller(self) -> Profile:
        """What the catalogue says about the controller, and that nobody has run it in this way yet where that is so."""
        tried = self.entry.process is None or self.entry.process.verified
        return Profile.of(self.entry, None if tried else f"{self.entry.version} ({UNVERIFIED})")

    def origins(self) -> tuple[Origin, ...]:
        """Return where each program of its entry comes from."""
        return origins_of(self.entry)

    def skipped(self, cases: Sequence[Case]) -> dict[str, str]:  # noqa: ARG002 - nobody else is there
        """Return nothing: every case can be observed."""
        return {}

    def open(self, wanted: Wanted, say: Say, warn: Say, stop: threading.Event) -> RunStage:  # noqa: ARG002
        """See :class:`Opening`; nothing is waited for, so that the cluster comes up while cases are collected."""
        return LocalStage.set_up(self.entry, self.programs, say, self.cluster.result(), self.began)


def opening_for(options: RunOptions, cluster: Future[LocalCluster] | None, began: float) -> Opening:
    """Return the opening that the options ask for; ``cluster`` is the embedded one, if it is on its way.

    Raises:
        BadInput: no such controller, or a cluster that cannot be had.
    """
    if options.cluster == "local":
        assert cluster is not None
        return LocalOpening(find(options.controller, options.programs), options.programs, cluster, began)
    # Imported where they are needed: a run on the embedded cluster has no time for them.
    if options.cluster == "current":
        from conformance.clusters.current.opening import CurrentOpening  # noqa: PLC0415
        from conformance.clusters.current.subject import subject_of  # noqa: PLC0415

        profile, settings = subject_of(options.controller, options.own_cluster, options.controller_version)
        return CurrentOpening(profile, settings, options.limits.marker, began)
    from conformance.clusters.kind.opening import KindOpening, checked  # noqa: PLC0415

    entry = checked(find(options.controller), options.kind_cluster)
    return KindOpening(entry, options.kind_cluster, options.limits.marker, options.out, began)
