"""A cluster and a controller that are only values, so that the engine's ways can be walked in milliseconds."""

import copy
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, cast
from unittest import mock

from conformance.case.model import Manifest
from conformance.clusters.api import Api, Refused
from conformance.engine import crew as crew_module
from conformance.engine.crew import Crew
from conformance.engine.limits import Limits
from conformance.engine.rounds import Watch
from conformance.engine.run import Engine
from conformance.plan.units import Unit
from conformance.probes.answer import Answer, Endpoint, ProbeLimits, WireProbe
from conformance.tests.answers import HOME, served, status
from conformance.tests.plans import NAMESPACES

QUICK = Limits(
    marker=0.3, convergence=0.2, presence=0.02, absence=0.04, suspicion=0.01, patience=0.2, hopeless=0.1, probe=1.0
)
NOTHING: Mapping[str, str] = {}
Key = tuple[str, str, str]


def key_of(manifest: Manifest) -> Key:
    meta = manifest["metadata"]
    return manifest["kind"], meta.get("namespace") or "", meta["name"]


@dataclass
class World:
    """Objects in a dictionary. ``refuses`` tells, for a verb and an object, why it is refused; ``deaf`` to Ingresses.

    Pods of Deployments are ready at once, unless the name of their backend is in ``unready``.
    """

    objects: dict[Key, Manifest] = field(default_factory=dict)
    refuses: Callable[[str, Manifest], str] = lambda *_: ""
    deaf: Callable[[Manifest], bool] = lambda _: False
    unready: frozenset[str] = frozenset()
    calls: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    # What the engine asks of an API server.

    def put(self, manifest: Manifest) -> Manifest:
        return self._write("put", manifest)

    def apply(self, manifest: Manifest) -> Manifest:
        return self._write("apply", manifest)

    def merge(self, manifest: Manifest) -> Manifest:
        with self.lock:
            found = self.objects.get(key_of(manifest), {})
        return self._write("merge", _merged(found, manifest))

    def delete(self, manifest: Manifest) -> None:
        self._check("delete", manifest)
        with self.lock:
            self.objects.pop(key_of(manifest), None)

    def get(self, manifest: Manifest) -> Manifest | None:
        self._check("get", manifest)
        with self.lock:
            return self.objects.get(key_of(manifest))

    def apply_all(self, manifests: Iterable[Manifest]) -> list[Refused | None]:
        return [self._refusal(manifest) for manifest in manifests]

    def delete_all(self, manifests: Iterable[Manifest]) -> None:
        for manifest in manifests:
            self.delete(manifest)

    def list_kind(self, kind: str, namespace: str | None = None, selector: str = "") -> Sequence[Manifest]:
        assert kind == "Pod"
        name = selector.partition("=")[2]
        with self.lock:
            deployment = self.objects.get(("Deployment", namespace or "", name))
        replicas = deployment["spec"]["replicas"] if deployment and name not in self.unready else 0
        ready = {"conditions": [{"type": "Ready", "status": "True"}]}
        return [
            {"metadata": {"name": f"{name}-{number}", "uid": str(number)}, "status": ready}
            for number in range(replicas)
        ]

    # What a controller makes of it.

    def answer(self, wire: WireProbe) -> Answer:
        with self.lock:
            ingresses = [one for (kind, _, _), one in self.objects.items() if kind == "Ingress" and not self.deaf(one)]
            services = self.services()
        for rule in (rule for ingress in ingresses for rule in ingress["spec"].get("rules") or []):
            if rule.get("host") == wire.host:
                name = rule["http"]["paths"][0]["backend"]["service"]["name"]
                selector = (services.get(name) or {}).get("spec", {}).get("selector", {})
                return served(selector.get("backend", name), HOME)
        return status(404)

    def services(self) -> Mapping[str, Manifest]:
        with self.lock:
            return {name: one for (kind, _, name), one in self.objects.items() if kind == "Service"}

    def _refusal(self, manifest: Manifest) -> Refused | None:
        try:
            self.apply(manifest)
        except Refused as refusal:
            return refusal
        return None

    def _write(self, verb: str, manifest: Manifest) -> Manifest:
        self._check(verb, manifest)
        with self.lock:
            self.objects[key_of(manifest)] = copy.deepcopy(manifest)
        return manifest

    def _check(self, verb: str, manifest: Manifest) -> None:
        self.calls.append(f"{verb} {manifest['kind']} {manifest['metadata']['name']}")
        why = self.refuses(verb, manifest)
        if why:
            raise Refused(f"{verb} {manifest['kind']}", 403, why)


@dataclass
class Heedless(World):
    """A world that looks at Services only when an Ingress is written."""

    known: Mapping[str, Manifest] = field(default_factory=dict)

    def services(self) -> Mapping[str, Manifest]:
        return self.known

    def _write(self, verb: str, manifest: Manifest) -> Manifest:
        written = super()._write(verb, manifest)
        if manifest["kind"] == "Ingress":
            self.known = super().services()
        return written


@dataclass
class Patient(World):
    """A world that answers hosts of ``slow`` only once the Ingress ``awaited`` is judged again: by a second class."""

    awaited: str = ""
    again: threading.Event = field(default_factory=threading.Event)
    classes: set[str] = field(default_factory=set)
    waited_in_vain: bool = False

    def _write(self, verb: str, manifest: Manifest) -> Manifest:
        written = super()._write(verb, manifest)
        if manifest["kind"] == "Ingress" and self.awaited in manifest["metadata"]["name"]:
            self.classes.add(manifest["spec"]["ingressClassName"])
            if len(self.classes) > 1:
                self.again.set()
        return written

    def answer(self, wire: WireProbe) -> Answer:
        if ".slow" in wire.host and ".marker." not in wire.host:
            self.waited_in_vain = self.waited_in_vain or not self.again.wait(10)
        return super().answer(wire)


@dataclass
class Instance:
    """A controller instance; ``restartable`` as one that is not the user's own, ``fit`` to live after a start."""

    alive: bool = True
    restartable: bool = True
    fit: bool = True
    restarts: int = 0
    ingress_class: str = "lane-0"
    controller: str = "example.test/demo"
    endpoint: Endpoint = field(default_factory=lambda: Endpoint("10.0.0.9"))
    arguments: tuple[str, ...] = ("demo",)

    def restart(self) -> bool:
        self.restarts += 1
        self.alive = self.alive or (self.restartable and self.fit)
        return self.restartable

    def stop(self, grace: float = 2.0) -> None:
        """Nothing runs."""

    def held(self) -> AbstractContextManager[None]:
        return nullcontext()

    def log_tail(self) -> str:
        return "can't listen"


@dataclass
class Ground:
    """A stage; without lanes there is but the main instance."""

    world: World = field(default_factory=World)
    main: Instance = field(default_factory=Instance)
    lanes: int = 0
    realm: str = ""
    namespaces: Mapping[str, str] = field(default_factory=lambda: NAMESPACES)
    wrong: str = ""
    _fresh: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def api(self) -> Api:
        return cast("Api", self.world)

    def settle(self) -> None:
        """Everything is there."""

    def trouble(self) -> str:
        return self.wrong

    def fresh(self) -> Instance:
        return Instance(ingress_class=f"lane-{next(self._fresh)}")


class _Sender:
    def __init__(self, world: World, instance: Instance) -> None:
        self._world, self._instance = world, instance

    def send(self, wire: WireProbe) -> Answer:
        return self._world.answer(wire) if self._instance.alive else Answer("run-7", 0.0, trouble="refused")


@contextmanager
def on(stage: Ground) -> Iterator[Crew]:
    """A crew whose probes reach the world of the stage, by way of its main instance."""

    def sender(_endpoint: Endpoint, _limits: ProbeLimits) -> _Sender:
        return _Sender(stage.world, stage.main)

    with mock.patch.object(crew_module, "Sender", sender):
        crew = Crew(stage, QUICK)
        yield crew
        crew.pool.shutdown()


def engine_of(
    stage: Ground,
    crew: Crew,
    hear: Callable[[dict[str, Any]], None],
    *,
    limits: Limits = QUICK,
    unsupported: Mapping[str, str] = NOTHING,
    isolate: bool = False,
) -> Engine:
    """An engine on the stage that sends its probes with the threads of the crew, which ends them."""
    engine = Engine(stage, limits, unsupported, isolate, hear)
    engine.crew.pool.shutdown()
    engine.crew.pool = crew.pool
    return engine


def watched(crew: Crew, stage: Ground, unit: Unit) -> Watch:
    """Apply a unit and look at it three times, as often as a verdict takes."""
    crew.apply([unit])
    watch = crew.watch(unit, stage.main)
    for _ in range(3):
        watch.round()
    return watch


def _merged(old: Any, new: Any) -> Any:
    """A JSON merge patch (RFC 7386)."""
    if not isinstance(new, dict):
        return new
    base = dict(old) if isinstance(old, dict) else {}
    return {**base, **{key: _merged(base.get(key), value) for key, value in new.items()}}
