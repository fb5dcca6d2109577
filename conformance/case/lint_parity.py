"""Checks of what only cases of level parity may say: exact answers, counts, and what annotations refer to."""

import re
from collections.abc import Iterator

from conformance.case.flaw import Flaw
from conformance.case.matching import items, mapping, name_of, names, rule_hosts, served_backends
from conformance.case.model import NO_MATCH, SHARED_BACKENDS, TALLY, Case, Level, Probe
from conformance.case.problems import did_you_mean, either
from conformance.case.scenes import Scene, scenes

_REFERENCE = re.compile(r"@(secret|configmap|service|address|host)\(([^()]*)\)")
_KINDS = {"secret": "Secret", "configmap": "ConfigMap"}
_STATUS = re.compile(r"status:[1-5][0-9]{2}|redirect:3[0-9]{2}:.+")


def parity_flaws(case: Case) -> Iterator[Flaw]:
    """Yield what is wrong with the annotations of a case, and with its statements' kind."""
    parity = case.level is Level.PARITY
    for number, statement in enumerate(case.statements):
        if statement.startswith("N-") != parity:
            hint = "N- is what ingress-nginx does, at level parity; all else is the specification's"
            pointer = ("statements", number) if len(case.statements) > 1 else ("statements",)
            yield Flaw(pointer, f"the statement {statement} does not go with level {case.level}", hint)
    if case.keeps and not parity:
        yield Flaw(("keeps",), "keeps says something about the twin of a case of level parity")
    if parity:
        yield from _strange_hosts(case)
    for index, manifest in enumerate(case.objects):
        annotations = mapping(mapping(manifest.get("metadata")).get("annotations"))
        for key, value in annotations.items():
            for found in _REFERENCE.finditer(str(value)):
                yield from _reference(case, found[1], found[2], ("objects", index, "metadata", "annotations", key))


def exact_flaws(case: Case, scene: Scene, probe: Probe) -> Iterator[Flaw]:
    """Yield what is wrong with an exact answer, or with counts."""
    expect = probe.expect
    if case.level is not Level.PARITY:
        hint = f"the specification fixes no status: write {NO_MATCH}, or a backend"
        yield Flaw(("expect",), "only level parity expects a certain status, or counts", hint)
    own = [backend.name for backend in case.backends]
    served = served_backends(scene.objects, own)
    known = [*own, *SHARED_BACKENDS, *(f"other/{name}" for name in SHARED_BACKENDS)]
    wanted = [expect.by] if expect.by else [outcome for outcome in expect.tally if not _STATUS.fullmatch(outcome)]
    for name in wanted:
        if name not in known and name not in served:
            yield Flaw(("expect",), f"nothing defines the backend {name!r}", did_you_mean(name, known))
    if expect.outcome == TALLY and probe.times == 1:
        yield Flaw(("times",), "one request has no counts", "write times: NUMBER")
    least, most = sum(low for low, _ in expect.tally.values()), sum(high for _, high in expect.tally.values())
    if expect.tally and not least <= probe.times <= most:
        yield Flaw(("expect",), f"{least} to {most} answers are expected of {probe.times} requests")


def _strange_hosts(case: Case) -> Iterator[Flaw]:
    """Yield a flaw for each Host that a run would make unique, though it is the name of somebody else."""
    for scene in scenes(case):
        known = rule_hosts(scene.so_far)
        for number, probe in enumerate(scene.probes):
            host = probe.expect.received.host if probe.expect.received else None
            if host and host != probe.host and not any(names(rule, host) for rule in known):
                hint = f"write received: {{headers: {{Host: {host}}}}}: that is compared as it is"
                yield Flaw(
                    (*scene.place(number), "expect"), f"no rule names the Host {host}, but it is made unique", hint
                )


def _reference(case: Case, what: str, name: str, place: tuple[str | int, ...]) -> Iterator[Flaw]:
    if what == "host":
        return
    if what in _KINDS:
        known = [name_of(manifest) for manifest in case.objects if manifest.get("kind") == _KINDS[what]]
        meant = name in case.absent
    else:
        own = [backend.name for backend in case.backends] if what == "service" else []
        known = [*SHARED_BACKENDS, *own]
        known += [name_of(m) for m in items(case.objects) if what == "service" and m.get("kind") == "Service"]
        meant = name in case.absent
    if name not in known and not meant:
        hint = did_you_mean(name, known, otherwise=f"there is {either(known)}" if known else "the case has none")
        yield Flaw(place, f"@{what}({name}) refers to nothing", hint)
