"""What is decided about a run on a kind cluster before it begins."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.cachedir import cache_root
from conformance.case.model import Case
from conformance.clusters.current.observable import (
    SEVERAL_ADDRESSES,
    from_several_addresses,
    to_observe,
    writes_their_class,
)
from conformance.clusters.kind.configuration import without_network
from conformance.clusters.kind.settings import KindSettings, repository
from conformance.clusters.kind.stage import KindStage
from conformance.controllers.entry import Entry
from conformance.controllers.origins import Origin
from conformance.controllers.profile import Profile
from conformance.errors import BadInput

Say = Callable[[str], None]

_ONLY_CLASS = "it deletes the IngressClass of the controller, and this installation has one instance for all cases"

UNVERIFIED = "installation unverified"
"""What a report says, beside the version, of an entry with ``verified: false``."""


@dataclass(frozen=True)
class KindOpening:
    """A cluster to be made, and a controller of the catalogue to be installed in it."""

    entry: Entry
    settings: KindSettings
    served_limit: float
    out: Path | None
    began: float

    @property
    def controller(self) -> Profile:
        """What the catalogue says about the controller, with the version that is installed."""
        return Profile.of(self.entry, installed_version(self.entry, self.settings))

    def origins(self) -> tuple[Origin, ...]:
        """Return the images: those of the user's own by name only, and with the user's own manifests no others."""
        assert self.entry.manifests is not None
        own = self.settings.images
        listed = () if self.settings.manifests else self.entry.manifests.images
        known = {repository(image): image.removeprefix(repository(image)).removeprefix(":") for image in listed}
        return tuple(
            Origin(name.rpartition("/")[2], f"own image {own[name].rpartition('/')[2]}")
            if name in own
            else Origin(name.rpartition("/")[2], f"image {name}", known[name])
            for name in {**known, **own}
        )

    def skipped(self, cases: Sequence[Case]) -> dict[str, str]:
        """Return the cases that cannot be observed there, and why: few."""
        skipped = {case.id: SEVERAL_ADDRESSES for case in cases if from_several_addresses(case)}
        if self.entry.instances_in_pods == 1:
            skipped |= {case.id: _ONLY_CLASS for case in cases if writes_their_class(case)}
        return skipped

    def open(self, wanted: Callable[[], Sequence[Case]], say: Say, warn: Say, stop: threading.Event) -> KindStage:
        """Return the stage, ready for the cases that are not skipped.

        Raises:
            BadInput: there is no case to judge.
            HarnessFailure: it cannot be had.
            Interrupted: ``stop`` was set meanwhile.
        """
        if unverified(self.entry, self.settings):
            warn(
                f"nobody has tried yet how {self.entry.name} is installed here (verified: false in its entry): "
                "what fails may be the installation's fault"
            )
        cases = wanted()
        observed = to_observe(cases, self.skipped(cases))
        logs = (self.out or cache_root()) / self.entry.name / "kind-logs"
        return KindStage.set_up(
            self.entry, self.settings, observed, self.served_limit, logs, say, warn, stop, self.began
        )


def checked(entry: Entry, settings: KindSettings) -> Entry:
    """Return the entry if it can be installed with these settings; manifests of the user's own are no template.

    Raises:
        BadInput: it says no way, needs a cluster without a network, or an image is given that it does not have.
    """
    if entry.manifests is None:
        hint = "`ingress-conformance controllers list` shows which can; or write an entry with manifests"
        raise BadInput(f"{entry.name} says no way to be installed in a cluster of pods", where="--cluster", hint=hint)
    config = settings.config.read_text(encoding="utf-8", errors="replace") if settings.config else ""
    if entry.manifests.own_network and not without_network(config):
        hint = "give one with `networking: {disableDefaultCNI: true}`: kind's own network has to stay away"
        message = f"{entry.name} is the network of its cluster, and this one would have another"
        raise BadInput(message, where="--kind-config", hint=hint)
    known = {repository(image) for image in entry.manifests.images}
    for name in settings.images:
        if name not in known:
            raise BadInput(f"{entry.name} has no image {name}", where="--image", hint=f"there are {', '.join(known)}")
    if settings.manifests is None:
        return entry
    return entry.model_copy(update={"manifests": entry.manifests.model_copy(update={"template": ""})})


def installed_version(entry: Entry, settings: KindSettings) -> str:
    """Return the version for the report; what is the user's own is named in it, and what is in it is not known.

    An installation that nobody has tried is named as well: what fails may be its fault.
    """
    assert entry.manifests is not None
    own = [f"own image {reference.rpartition('/')[2]}" for reference in settings.images.values()]
    own += [f"own manifests {settings.manifests.name}"] if settings.manifests else []
    version = settings.controller_version or ("unknown" if own else entry.manifests.version)
    notes = [*own, *([UNVERIFIED] if unverified(entry, settings) else [])]
    return f"{version} ({', '.join(notes)})" if notes else version


def unverified(entry: Entry, settings: KindSettings) -> bool:
    """Tell whether it is installed in a way of the catalogue's that nobody has tried."""
    return entry.manifests is not None and not entry.manifests.verified and settings.manifests is None
