"""Checks of the kinds of a case's objects: made as well where a misspelt one keeps a case from being read."""

from collections.abc import Iterator, Sequence

from conformance.case.flaw import Flaw
from conformance.case.manifests import API_VERSIONS
from conformance.case.model import Manifest
from conformance.case.problems import did_you_mean


def kind_flaws(objects: Sequence[Manifest]) -> Iterator[Flaw]:
    """Yield the kinds of which the suite knows no apiVersion, and that have none."""
    for index, manifest in enumerate(objects):
        kind = str(manifest.get("kind"))
        if kind not in API_VERSIONS and not manifest.get("apiVersion"):
            hint = did_you_mean(kind, API_VERSIONS, otherwise="write it out")
            yield Flaw(("objects", index), f"the kind {kind} needs an apiVersion", hint)
