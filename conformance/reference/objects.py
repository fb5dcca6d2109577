"""The API's objects as the controller holds them, and how a change replaces one of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.reference.model import Key

Object = Mapping[str, Any]
Held = Mapping[Key, Object]
Hear = Callable[[str, "Object | None", "Object | None", bool], "Object | None"]
"""From kind, the object held, the object told (either may be None) and "was it listed": the object to hold now."""


@dataclass(frozen=True, slots=True)
class Objects:
    """What the API server told so far, by kind; the field names are the resources' names in lower case."""

    ingresses: Held = field(default_factory=dict)
    ingressclasses: Held = field(default_factory=dict)
    services: Held = field(default_factory=dict)
    endpointslices: Held = field(default_factory=dict)
    secrets: Held = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """One change: an object written or deleted, or (``listed``) all objects of the kind there are.

    With a ``namespace``, a list tells of that one only.
    """

    kind: str
    objects: tuple[Object, ...]
    deleted: bool = False
    listed: bool = False
    namespace: str = ""


def key_of(item: Object) -> Key:
    """Return the object's namespace and name."""
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]


def believe(kind: str, held: Object | None, told: Object | None, listed: bool) -> Object | None:  # noqa: ARG001
    """Return what to hold after a change: what was told."""
    return told


def _listed(event: Event, held: Held) -> Iterable[Key]:
    """Return the keys of what is held and would be in the event if it still were there."""
    return [key for key in held if event.namespace in {"", key[0]}] if event.listed else []


def apply(objects: Objects, events: Iterable[Event], hear: Hear = believe) -> Objects:
    """Return the objects after the events, in order; the old value stays as it was."""
    changed: dict[str, dict[Key, Object]] = {}
    for event in events:
        held = changed.setdefault(event.kind, dict(getattr(objects, event.kind)))
        told: dict[Key, Object | None] = dict.fromkeys(_listed(event, held))
        told |= {key_of(item): None if event.deleted else item for item in event.objects}
        for key, item in told.items():
            kept = hear(event.kind, held.get(key), item, event.listed)
            if kept is None:
                held.pop(key, None)
            else:
                held[key] = kept
    return replace(objects, **changed)
