"""From events to the report. Pure: the same events give the same report."""

from collections.abc import Iterable

from conformance.report.events import Event, is_final
from conformance.report.model import (
    CaseRecord,
    ClusterRecord,
    ControllerRecord,
    Durations,
    Report,
    RunRecord,
    SuiteRecord,
    summary_of,
)
from conformance.report.seal import sealed


def report_of(events: Iterable[Event]) -> Report:
    """Return the report that the events amount to; later events about the same thing replace earlier ones.

    A run that was cut short gives a report whose ``run.complete`` is false. A case that had only a first verdict by
    then was not judged to the end, and is left out like one that was never reached.

    Raises:
        ValueError: the events lack the run, cluster or controller.
    """
    latest: dict[str, Event] = {}
    cases: dict[str, CaseRecord] = {}
    order: list[str] = []
    for event in events:
        kind = event["event"]
        if kind == "case":
            if is_final(event):
                record = CaseRecord.model_validate(event["case"])
                cases[record.id] = record
        else:
            latest[kind] = event
        if kind == "run":
            order = event["selected"]
        if kind == "resumed":
            # Whatever was the end before, it was not.
            latest.pop("end", None)
    missing = {"run", "cluster", "controller"} - set(latest)
    if missing:
        raise ValueError(f"no event about: {', '.join(sorted(missing))}")
    records = tuple(cases[case_id] for case_id in order if case_id in cases)
    end = latest.get("end", {})
    report = Report(
        suite=SuiteRecord.model_validate(latest["run"]["suite"]),
        controller=ControllerRecord.model_validate(latest["controller"]["controller"]),
        cluster=ClusterRecord.model_validate(latest["cluster"]["cluster"]),
        run=RunRecord(
            started=latest["run"]["started"],
            finished=end.get("finished", ""),
            complete=bool(end.get("complete", False)),
            durations=Durations.model_validate(end.get("durations", {})),
        ),
        summary=summary_of(records),
        cases=records,
    )
    return sealed(report)
