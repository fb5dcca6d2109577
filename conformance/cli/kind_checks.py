"""What a kind cluster needs of this machine."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.clusters.current.patience import Patience
from conformance.clusters.kind.engine import find_engine
from conformance.clusters.kind.tool import KIND_VERSION, kind_at_hand
from conformance.clusters.local.programs.sources import offline
from conformance.errors import HarnessFailure

ENGINE = "container engine"


@dataclass(frozen=True)
class KindFinding:
    """One thing that was looked for; ``on_demand`` says that it is not here, and will be had when it is needed."""

    name: str
    there: bool
    detail: str
    hint: str = ""
    on_demand: bool = False


def kind_findings() -> Iterator[KindFinding]:
    """Yield the container engine and the program kind; nothing is fetched or started."""
    try:
        engine = find_engine(Patience())
    except HarnessFailure as failure:
        yield KindFinding(ENGINE, there=False, detail=failure.message, hint=failure.hint)
    else:
        where = os.environ.get("DOCKER_HOST", "") if engine.name == "docker" else ""
        detail = f"{engine.name}: {engine.program}" + (f", DOCKER_HOST={where}" if where else "")
        yield KindFinding(ENGINE, there=True, detail=detail)
    tool = kind_at_hand()
    if tool is not None:
        yield KindFinding("kind", there=True, detail=str(tool))
    else:
        how = "a build from source" if offline() else "a download, else by a build from source"
        yield KindFinding("kind", there=False, detail=f"{KIND_VERSION} would be had by {how}", on_demand=True)
