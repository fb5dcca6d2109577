"""OpenMetrics text (https://prometheus.io/docs/specs/om/open_metrics_spec/), for a file or a push gateway."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from conformance.export.sources import Source
from conformance.judge.words import Verdict
from conformance.visible import visible

PREFIX = "ingress_conformance"
Labels = dict[str, str]


@dataclass
class _Family:
    name: str
    kind: str
    help: str
    samples: list[str] = field(default_factory=list)

    def add(self, labels: Labels, value: float) -> None:
        suffix = "_info" if self.kind == "info" else ""
        shown = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        self.samples.append(f"{PREFIX}_{self.name}{suffix}{{{shown}}} {value}")

    def lines(self) -> Iterator[str]:
        if self.samples:
            yield f"# TYPE {PREFIX}_{self.name} {self.kind}"
            if self.name.endswith("_seconds"):
                yield f"# UNIT {PREFIX}_{self.name} seconds"
            yield f"# HELP {PREFIX}_{self.name} {self.help}"
            yield from self.samples


def openmetrics(sources: Sequence[Source]) -> str:
    """Return the text, which ends with ``# EOF``; every sample has the label ``report``."""
    families = (*_of_runs(sources), *_of_cases(sources), *_of_measurements(sources))
    return "\n".join([line for family in families for line in family.lines()] + ["# EOF"]) + "\n"


def _of_runs(sources: Sequence[Source]) -> Iterable[_Family]:
    run = _Family("run", "info", "What was judged, and by what.")
    complete = _Family("run_complete", "gauge", "1 if every case was judged, 0 if the run was cut short.")
    finished = _Family("run_finished_timestamp_seconds", "gauge", "When the run ended.")
    spent = _Family("run_duration_seconds", "gauge", "Time of the parts of the run.")
    restarts = _Family("controller_restarts", "gauge", "How often the controller had to be started again.")
    for source in sources:
        report, of = source.report, {"report": source.name}
        about = {"controller": report.controller.name, "version": report.controller.version}
        about |= {"cluster": report.cluster.provider, "kubernetes": report.cluster.kubernetes_version}
        run.add(of | about | {"suite": report.suite.version, "cases": report.suite.cases_digest}, 1)
        complete.add(of, int(report.run.complete))
        ended = _timestamp(report.run.finished)
        if ended is not None:
            finished.add(of, ended)
        for part, seconds in report.run.durations.model_dump().items():
            spent.add({**of, "part": part}, seconds)
        restarts.add(of, report.controller.restarts)
    return run, complete, finished, spent, restarts


def _of_cases(sources: Sequence[Source]) -> Iterable[_Family]:
    cases = _Family("cases", "gauge", "How many cases of a level ended with each verdict.")
    absent = _Family("cases_absent", "gauge", "How many cases of the suite the report lacks.")
    each = _Family("case_passed", "gauge", "1 if the case passed (observed: was recorded), else 0.")
    spoiled = _Family("case_findings", "gauge", "How many findings a case has.")
    for source in sources:
        of = {"report": source.name}
        for at in source.standings():
            level = {**of, "level": at.level.value}
            for verdict in Verdict:
                cases.add({**level, "verdict": verdict.value}, at.counts[verdict])
            if at.absent is not None:
                absent.add(level, at.absent)
        for case in source.report.cases:
            about = {**of, "case": case.id, "level": case.level.value, "verdict": case.verdict.value}
            each.add({**about, "reason": case.reason.value if case.reason else ""}, int(case.verdict is Verdict.PASS))
            if case.findings:
                spoiled.add({**of, "case": case.id}, len(case.findings))
    return cases, absent, each, spoiled


def _of_measurements(sources: Sequence[Source]) -> Iterable[_Family]:
    times = _Family("measured_seconds", "gauge", "Quantiles of measured times; quantile 1 is the longest.")
    requests = _Family("measured_requests", "gauge", "Requests that were sent, and those that failed.")
    for source in sources:
        for case in source.report.cases:
            for number, measured in enumerate(case.measurements):
                # The number tells two measurements of one name apart: no two samples may have the same labels.
                of = {"report": source.name, "case": case.id, "measurement": measured.name, "number": str(number)}
                if measured.unit == "requests":
                    requests.add({**of, "result": "all"}, measured.count)
                    requests.add({**of, "result": "failed"}, measured.failed or 0)
                    continue
                for quantile, value in (("0.5", measured.p50), ("0.95", measured.p95), ("1", measured.max)):
                    if value is not None:
                        times.add({**of, "quantile": quantile}, value)
    return times, requests


def _timestamp(text: str) -> float | None:
    try:
        return dt.datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def _escaped(text: str) -> str:
    return visible(text).replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
