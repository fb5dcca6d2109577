"""Ingresses that an API server refuses, though nothing seemed wrong with them: told before anybody is asked.

Each is offered as a dry run. Applied beside others, one would cost all of its group their answers.
"""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from conformance.case.model import Case, Manifest
from conformance.clusters.api import Api, Refused
from conformance.migrate.plan import Plan, spoken_for
from conformance.plan.instance import Ground
from conformance.plan.objects import classed, with_all_copies

FILE_NAME = "refused.json"
_OF_THE_OBJECT = frozenset({400, 413, 422})
"""Statuses that say something of an object, and not of the server, or of who asks."""

_NO_DRY_RUN = "does not support dry run"
"""What an admission webhook has said for it that cannot be asked in this way."""

_PARALLEL = 8


@dataclass(frozen=True)
class Refusal:
    """Which Ingress of a case, by its place among them, is refused, in the server's own words."""

    case: str
    number: int
    words: str


def refusals(api: Api, cases: Sequence[Case], ground: Ground) -> list[Refusal]:
    """Return what the API server would refuse, as far as that has to do with the objects themselves."""
    offered = [
        (case, number, classed(with_all_copies(manifest, case, ground), ground))
        for case in cases
        for number, manifest in enumerate(one for one in case.objects if one["kind"] == "Ingress")
    ]
    with ThreadPoolExecutor(_PARALLEL, "offer") as threads:
        answers = list(threads.map(lambda one: _said(api, one[2]), offered))
    return [Refusal(case.id, number, words) for (case, number, _), words in zip(offered, answers, strict=True) if words]


def _said(api: Api, manifest: Manifest) -> str:
    try:
        api.try_out(manifest, update=False, strict=False)
    except Refused as refusal:
        # Whatever else is wrong will be told when the objects are applied.
        if refusal.status in _OF_THE_OBJECT and _NO_DRY_RUN not in refusal.server_message:
            return refusal.server_message
    return ""


def write_refusals(refused: Sequence[Refusal], folder: Path) -> None:
    """Write them to the folder of the controller that was to be asked."""
    (folder / FILE_NAME).write_text(json.dumps([asdict(one) for one in refused]), encoding="utf-8")


def read_refusals(folder: Path) -> list[Refusal]:
    """Return what was written to a folder; nothing was if nothing was refused."""
    file = folder / FILE_NAME
    return [Refusal(**one) for one in json.loads(file.read_text(encoding="utf-8"))] if file.exists() else []


def refused_of(plan: Plan, refused: Sequence[Refusal]) -> Mapping[str, str]:
    """Return by its label why each Ingress of the plan is refused; those that are alike are, too."""
    why: dict[str, str] = {}
    asked_by = {scene.case.id: asked for asked in plan.asked for scene in asked.scenes}
    for one in refused:
        first, *others = spoken_for(asked_by[one.case], one.number)
        said = f"the API server refuses it: {one.words}"
        why.setdefault(first.label, said)
        for found in others:
            why.setdefault(found.label, f"like {first.label}, of which is said: {said}")
    return why
