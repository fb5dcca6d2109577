"""Checks of a case's probes: each must be sendable, and able to fail for the right reason only."""

from collections.abc import Iterator

from conformance.case.draft import is_address
from conformance.case.flaw import Flaw
from conformance.case.lint_expectations import expectation_flaws, is_positive
from conformance.case.lint_requests import HOST, request_flaws
from conformance.case.matching import has_default_backend, names, rule_hosts
from conformance.case.model import NO_MATCH, TLS_REFUSED, Case, Level, Probe
from conformance.case.problems import did_you_mean
from conformance.case.scenes import Scene, scenes


def probe_flaws(case: Case) -> Iterator[Flaw]:
    """Yield what is wrong with the probes of a case, those of its steps included."""
    every = list(scenes(case))
    measured = any(step.latency is not None for step in case.steps)
    if not case.submissions and not measured and not any(scene.probes for scene in every):
        yield Flaw((), "the case has no probes", "a case without a probe proves nothing")
        return
    yield from _negatives(every)
    for scene in every:
        yield from _unique(scene)
        for number, probe in enumerate(scene.probes):
            for flaw in _flaws_of(case, scene, probe):
                yield Flaw((*scene.place(number), *flaw.pointer), flaw.message, flaw.hint)


def _flaws_of(case: Case, scene: Scene, probe: Probe) -> Iterator[Flaw]:
    if probe.status_of is None:
        yield from request_flaws(probe)
        yield from _host(case, scene, probe)
    yield from expectation_flaws(case, scene, probe)


def _unique(scene: Scene) -> Iterator[Flaw]:
    seen: set[str] = set()
    for number, probe in enumerate(scene.probes):
        if probe.id in seen:
            yield Flaw(
                scene.place(number), f"two probes have the id {probe.id!r}", "give one of them an id: of its own"
            )
        seen.add(probe.id)


def _negatives(every: list[Scene]) -> Iterator[Flaw]:
    """Yield a flaw for each kind of refusal that a controller which does nothing at all would satisfy."""
    probes = [probe for scene in every for probe in scene.probes]
    for outcome, asked, hint in (
        (NO_MATCH, probes, "add a probe that one of its rules must serve; without it a controller that loads nothing"),
        (
            TLS_REFUSED,
            [p for p in probes if p.scheme == "https"],
            "add an https probe that must be served; without it a controller without TLS",
        ),
    ):
        first = next(
            (scene.place(n) for scene in every for n, p in enumerate(scene.probes) if p.expect.outcome == outcome), None
        )
        if first is not None and not any(is_positive(probe) for probe in asked):
            message = f"{outcome} is expected, but nothing positive in the same case"
            yield Flaw((*first, "expect"), message, f"{hint} passes")


def _host(case: Case, scene: Scene, probe: Probe) -> Iterator[Flaw]:
    if is_address(probe.host):
        named = False
    elif not HOST.fullmatch(probe.host):
        hint = "a wildcard is no host that one can ask for" if "*" in probe.host else 'a name, or "@address"'
        yield Flaw(("host",), f"the host {probe.host!r} cannot be sent", hint)
        return
    else:
        # A host whose rule is gone by now was meant, too.
        named = any(names(rule_host, probe.host) for rule_host in rule_hosts(scene.so_far))
    written = [host for host in rule_hosts(scene.so_far) if host]
    if named and not probe.named:
        yield Flaw(("named",), f"named: false, but a rule names {probe.host}", "take named: false out")
    if not named and not is_address(probe.host) and probe.named and written:
        hint = f"{did_you_mean(probe.host, written)} write named: false if that is on purpose".lstrip()
        yield Flaw(("host",), f"no rule names the host {probe.host}", hint)
    hosts = rule_hosts(scene.objects)
    served = any(names(host, probe.host) for host in hosts) or "" in hosts or has_default_backend(scene.objects)
    # Annotations may serve more hosts than the rules.
    if is_positive(probe) and not served and case.level is not Level.PARITY:
        hint = "a rule without a host, or a default backend, would"
        yield Flaw(("host",), f"no rule of the case serves the host {probe.host}", hint)
