"""From actions, traffic and submissions as a file writes them to those of a case."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from conformance.case.draft import with_api_version
from conformance.case.file_format import FileAction, FileSubmission, FileTraffic, Refused, Shown, Stored
from conformance.case.model import Action, Manifest, Probe, Submission, Traffic
from conformance.case.written_probes import expectation

EACH = "$each"


def action_of(action: FileAction, written: Mapping[str, Any]) -> Action:
    """Return one change; an object is taken as it is ``written``, not as the model reads it."""
    if action.apply is not None:
        return Action(apply=with_api_version(written["apply"]))
    return Action(**{name: getattr(action, name) for name in action.model_fields_set})


def traffic_of(traffic: FileTraffic, usual_host: str | None) -> Traffic:
    """Return the requests that go on during a step."""
    host = traffic.host or usual_host or ""
    probe = Probe(
        id=f"traffic {traffic.scheme}://{host}{traffic.request}",
        scheme=traffic.scheme,
        host=host,
        target=traffic.request,
        expect=expectation(traffic.expect),
    )
    return Traffic(probe=probe, judged=traffic.judged)


def submissions_of(entries: Sequence[FileSubmission], written: Sequence[Mapping[str, Any]]) -> tuple[Submission, ...]:
    """Return the submissions of a case: one for each text of ``each`` where an entry has it."""
    made: list[Submission] = []
    for entry, raw in zip(entries, written, strict=True):
        manifest = with_api_version(raw["update" if entry.update is not None else "create"])
        made += [_submission(entry, manifest, text) for text in entry.each or (None,)]
    return tuple(made)


def _submission(entry: FileSubmission, manifest: Manifest, text: str | None) -> Submission:
    expect = entry.expect
    return Submission(
        id=entry.id if text is None else f"{entry.id}: {text!r}",
        object=manifest if text is None else _filled(manifest, text),
        update=entry.update is not None,
        outcome=_outcome(expect),
        status=expect.status if isinstance(expect, Refused) else 0,
        field=expect.refused if isinstance(expect, Refused) else "",
        stored=expect.stored if isinstance(expect, Stored) else {},
        shown=expect.record if isinstance(expect, Shown) else "",
    )


def _outcome(expect: str | Stored | Refused | Shown) -> Literal["accepted", "refused", "record"]:
    if isinstance(expect, Stored) or expect == "accepted":
        return "accepted"
    return "refused" if isinstance(expect, Refused) or expect == "refused" else "record"


def _filled(value: Any, text: str) -> Any:
    """Return a copy in which every text that is ``$each`` is ``text``."""
    if isinstance(value, Mapping):
        return {key: _filled(inner, text) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_filled(inner, text) for inner in value]
    return text if value == EACH else copy.deepcopy(value)
