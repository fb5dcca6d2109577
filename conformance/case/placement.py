"""Where a case may run, read from its objects."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from conformance.case.file_format import PATH_TYPES
from conformance.case.matching import ingress_specs, items, mapping
from conformance.case.model import Level, Manifest, Marker, Placement, Step

STRICTNESS: tuple[Placement, ...] = get_args(Placement)
"""From the placement with the most company to that with the least."""


def derived_placement(objects: Sequence[Manifest], steps: Sequence[Step] = ()) -> Placement:
    """Return the least strict placement that is safe for these objects and what happens to them."""
    actions = [action for step in steps for action in step.actions]
    if any(_is_flawed(manifest) for manifest in _ever_there(objects, steps)):
        return "odd"
    if catches_all(objects, steps):
        return "alone"
    if any(action.restart or action.unrelated_updates for action in actions):
        return "alone"
    if len(objects) == 1 and not steps and _only_hosts_and_paths(objects[0]):
        return "packed"
    return "own"


def catches_all(objects: Sequence[Manifest], steps: Sequence[Step] = ()) -> bool:
    """Tell whether some Ingress takes requests of every host, those of other cases included."""
    return any(_takes_every_host(spec) for _, spec in ingress_specs(_ever_there(objects, steps)))


def derived_marker(level: Level, objects: Sequence[Manifest]) -> Marker:
    """Return where the marker stands by itself: annotations and TLS would govern a rule for it, too (401, 308 …)."""
    ingresses = [manifest for manifest in objects if manifest.get("kind") == "Ingress"]
    annotated = any(mapping(manifest.get("metadata")).get("annotations") for manifest in ingresses)
    secured = any(mapping(manifest.get("spec")).get("tls") for manifest in ingresses)
    return "beside" if level is Level.PARITY and (annotated or secured) else "own"


def looser(one: Placement, other: Placement) -> bool:
    """Tell whether ``one`` gives a case more company than ``other``."""
    return STRICTNESS.index(one) < STRICTNESS.index(other)


def _is_flawed(manifest: Manifest) -> bool:
    """Tell whether it is a Secret that is broken on purpose: such a one stops some controllers altogether."""
    return manifest.get("kind") == "Secret" and bool(mapping(manifest.get("certificate")).get("flaw"))


def _ever_there(objects: Sequence[Manifest], steps: Sequence[Step]) -> list[Manifest]:
    written = (action.apply for step in steps for action in step.actions)
    return [*objects, *(manifest for manifest in written if manifest is not None)]


def _takes_every_host(spec: Mapping[str, Any]) -> bool:
    rules = items(spec.get("rules"))
    return bool(spec.get("defaultBackend")) or not rules or any(not mapping(rule).get("host") for rule in rules)


def _only_hosts_and_paths(manifest: Manifest) -> bool:
    spec = mapping(manifest.get("spec"))
    bare = set(mapping(manifest.get("metadata"))) == {"name"} and set(spec) == {"rules"}
    return bare and manifest.get("kind") == "Ingress" and all(_plain_rule(mapping(r)) for r in items(spec["rules"]))


def _plain_rule(rule: Mapping[str, Any]) -> bool:
    paths = items(mapping(rule.get("http")).get("paths"))
    host = str(rule.get("host") or "*")
    return not host.startswith("*") and bool(paths) and all(mapping(p).get("pathType") in PATH_TYPES for p in paths)
