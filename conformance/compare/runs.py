"""Which run a report is of, in the few words that a comparison needs."""

from pydantic import Field

from conformance.report.model import Recorded, Report


class RunIdentity(Recorded):
    """One of the runs that are compared."""

    name: str = Field(description="What this run is called in the comparison.")
    controller: str
    version: str
    cluster: str
    kubernetes_version: str
    suite_version: str
    cases_digest: str
    started: str
    complete: bool
    cases: int


def run_identity(name: str, report: Report) -> RunIdentity:
    """Return what tells a report from others."""
    return RunIdentity(
        name=name,
        controller=report.controller.name,
        version=report.controller.version,
        cluster=report.cluster.provider,
        kubernetes_version=report.cluster.kubernetes_version,
        suite_version=report.suite.version,
        cases_digest=report.suite.cases_digest,
        started=report.run.started,
        complete=report.run.complete,
        cases=len(report.cases),
    )


def title(run: RunIdentity) -> str:
    """Return controller, version and cluster in one line."""
    return f"{run.controller} {run.version} on {run.cluster} Kubernetes {run.kubernetes_version}"
