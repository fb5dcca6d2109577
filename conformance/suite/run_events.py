"""The events of a run beside its verdicts: how it began, on what, and how it ended."""

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import conformance
from conformance.case.digest import cases_digest
from conformance.case.model import Case
from conformance.controllers.origins import Origin
from conformance.controllers.profile import Profile
from conformance.engine.run import Engine
from conformance.engine.stage import RunningController
from conformance.report.events import Event
from conformance.revision import revision


def run_event(cases: Sequence[Case], started: dt.datetime, options: Mapping[str, object]) -> Event:
    """Return what the run is asked to judge, by which suite and with which options."""
    suite = {
        "version": conformance.__version__,
        "revision": revision(),
        "casesDigest": cases_digest(tuple(cases)),
        "options": dict(options),
    }
    return {
        "event": "run",
        "started": started.isoformat(timespec="seconds"),
        "suite": suite,
        "selected": [case.id for case in cases],
    }


def cluster_event(provider: str, version: str) -> Event:
    """Return on what kind of cluster the run is, and the version of its API server."""
    return {"event": "cluster", "cluster": {"provider": provider, "kubernetesVersion": version}}


def controller_event(
    profile: Profile, main: RunningController, arguments: Sequence[str], restarts: int, origins: Sequence[Origin] = ()
) -> Event:
    """Return who is judged; ``arguments`` are those of the ``main`` instance, without secrets."""
    controller = {
        "name": profile.name,
        "version": profile.version,
        "project": profile.project,
        "url": profile.url,
        "arguments": list(arguments),
        "ingressClass": main.ingress_class,
        "address": main.endpoint.address,
        "restarts": restarts,
        "programs": [asdict(origin) for origin in origins],
    }
    return {"event": "controller", "controller": controller}


def end_event(finished: dt.datetime, durations: Mapping[str, float], *, complete: bool) -> Event:
    """Return how the run ended; ``durations`` in seconds."""
    return {
        "event": "end",
        "finished": finished.isoformat(timespec="seconds"),
        "complete": complete,
        "durations": dict(durations),
    }


def spent(engine: Engine, cluster_seconds: float, observe_began: float) -> dict[str, float]:
    """Return the durations of a run that ends now, in seconds; ``observe_began`` is on the monotonic clock."""
    now = time.monotonic()
    return {
        "cluster": round(cluster_seconds, 3),
        "controller": round(engine.first_route or 0.0, 3),
        "apply": round(engine.crew.apply_seconds, 3),
        "observe": round(now - observe_began, 3),
        "total": round(now - engine.began, 3),
    }
