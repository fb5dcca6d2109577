"""From the steps of a case to their records: what was changed, how traffic fared, how long it took. Pure."""

import statistics
from collections.abc import Iterator

from conformance.case.model import Manifest
from conformance.engine.judgement import Judgement, traffic_verdict
from conformance.engine.latency import Samples
from conformance.engine.probe_record import attempt_record, expected, observed, replay_line
from conformance.engine.traffic import Flow
from conformance.probes.answer import Endpoint
from conformance.report.model import MeasurementRecord, ProbeRecord, StepRecord
from conformance.report.quantile import quantile
from conformance.visible import visible

LEFT_OUT = "left out"


def without_keys(manifest: Manifest) -> Manifest:
    """Return the object as a report may show it: no private key."""
    if manifest.get("kind") != "Secret":
        return manifest
    shown = {name: value if name == "tls.crt" else LEFT_OUT for name, value in (manifest.get("data") or {}).items()}
    return {**{key: value for key, value in manifest.items() if key != "stringData"}, "data": shown}


def step_records(judgement: Judgement, began: float) -> tuple[StepRecord, ...]:
    """Return the records of the steps that were carried out."""
    return tuple(
        StepRecord(
            number=seen.step.number,
            title=seen.step.title,
            actions=tuple(action.words for action in seen.step.actions),
            manifests=tuple(without_keys(seen.watch.unit.objects[index]) for index in sorted(seen.step.written)),
            at=round(seen.at - began, 3),
            live_after=None if seen.watch.live_after is None else round(seen.watch.live_after, 3),
        )
        for seen in judgement.steps
    )


def traffic_records(judgement: Judgement, shown_at: Endpoint, began: float) -> Iterator[ProbeRecord]:
    """Yield a record for the requests that went on during each step: the first, those that failed, the last."""
    for seen in judgement.steps:
        flow = seen.flow
        if flow is None or flow.first is None or flow.last is None:
            continue
        verdict = traffic_verdict(seen)
        kept = list(dict.fromkeys([id(one) for one in (flow.first, *flow.failing, flow.last)]))
        by_id = {id(one): one for one in (flow.first, *flow.failing, flow.last)}
        attempts = [by_id[key] for key in kept]
        told = flow.failing[0] if flow.failing else flow.last
        yield ProbeRecord(
            id=flow.planned.probe.id,
            step=seen.step.number,
            expected=expected(flow.planned.probe.expect),
            observed=observed(told, told.seen.outcome, flow.planned.facts),
            verdict=verdict.verdict,
            reason=verdict.reason,
            detail=visible(verdict.detail),
            attempts=tuple(attempt_record(one, flow.planned, began) for one in attempts),
            curl=replay_line(flow.planned, shown_at),
        )


def measurements(judgement: Judgement) -> tuple[MeasurementRecord, ...]:
    """Return the numbers of a case."""
    found = []
    for seen in judgement.steps:
        if seen.flow is not None:
            found.append(_requests(seen.flow, seen.step.number))
        if seen.samples is not None:
            found.append(_seconds(seen.samples))
    return tuple(found)


def _requests(flow: Flow, step: int) -> MeasurementRecord:
    return MeasurementRecord(
        name=f"requests during step {step}",
        unit="requests",
        count=flow.count,
        failed=flow.failed,
        failures={visible(outcome): count for outcome, count in sorted(flow.failures.items())},
    )


def _seconds(samples: Samples) -> MeasurementRecord:
    seen = [seconds for seconds in samples.seconds if seconds is not None]
    return MeasurementRecord(
        name=f"{samples.change} to effect",
        unit="seconds",
        count=len(samples.seconds),
        failed=len(samples.seconds) - len(seen),
        p50=round(statistics.median(seen), 4) if seen else None,
        p95=round(quantile(sorted(seen), 0.95), 4) if seen else None,
        max=round(max(seen), 4) if seen else None,
        samples=tuple(round(seconds, 4) for seconds in seen),
    )
