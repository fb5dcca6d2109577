"""Which cases cannot be observed on a cluster of the user's own: most of them would disturb others there. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from conformance.case.model import OUR_CLASS, Case, Manifest, Probe
from conformance.errors import BadInput
from conformance.plan.objects import every_manifest

DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"

SEVERAL_ADDRESSES = "it sends requests from several addresses, which only a controller on this very machine can see"

_RESTART = "it restarts the controller, and that is its owner's to do"
_THEIR_CLASS = "it changes the IngressClass of the controller, and that is its owner's to do"
_CATCHES_ALL = "it takes requests for every host, other people's too; --exclusive judges it"
_ODD = "its odd but valid objects can stop some controllers from loading anybody's changes; --exclusive judges it"
_NO_HTTPS = "it sends https requests, and the port for them is not known; name it with --https-port"
_DEFAULT_CLASS = "it makes a default IngressClass, which everybody's new Ingresses would get; --exclusive judges it"


def not_observable(cases: Iterable[Case], *, exclusive: bool, https: bool) -> dict[str, str]:
    """Return the cases that cannot be observed, by id, each with the reason.

    With ``exclusive`` nobody else is left to be disturbed; what the run did not make is still not touched.
    ``https`` tells whether the port for it is known.
    """
    reasons = ((case.id, _reason(case, exclusive=exclusive, https=https)) for case in cases)
    return {case_id: why for case_id, why in reasons if why}


def to_observe(cases: Sequence[Case], skipped: Mapping[str, str]) -> list[Case]:
    """Return the selected cases but those that are skipped, which may be all of them.

    Raises:
        BadInput: no case was selected.
    """
    if not cases:
        raise BadInput("no case was selected", hint="`ingress-conformance cases list` shows them")
    return [case for case in cases if case.id not in skipped]


def writes_their_class(case: Case) -> bool:
    """Tell whether an object of the case is the IngressClass of the controller."""
    return any(m["kind"] == "IngressClass" and m["metadata"]["name"] == OUR_CLASS for m in every_manifest(case))


def from_several_addresses(case: Case) -> bool:
    """Tell whether a request of the case says which of this machine's addresses it comes from."""
    return any(probe.source for probe in _all_probes(case))


def _reason(case: Case, *, exclusive: bool, https: bool) -> str:
    if any(action.restart is not None for step in case.steps for action in step.actions):
        return _RESTART
    if writes_their_class(case):
        return _THEIR_CLASS
    if not https and any(probe.scheme == "https" for probe in _all_probes(case)):
        return _NO_HTTPS
    if from_several_addresses(case):
        return SEVERAL_ADDRESSES
    if exclusive:
        return ""
    if case.placement == "odd":
        return _ODD
    if case.placement == "alone":
        return _CATCHES_ALL
    if case.uses or any(_is_default_class(manifest) for manifest in every_manifest(case)):
        return _DEFAULT_CLASS
    return ""


def _all_probes(case: Case) -> Iterator[Probe]:
    yield from case.every_probe
    for step in case.steps:
        if step.traffic is not None:
            yield step.traffic.probe


def _is_default_class(manifest: Manifest) -> bool:
    annotations = manifest["metadata"].get("annotations") or {}
    return manifest["kind"] == "IngressClass" and str(annotations.get(DEFAULT_CLASS)).lower() == "true"
