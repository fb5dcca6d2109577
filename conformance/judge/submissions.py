"""What the API server said to an object, held against what a case expects. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.case.model import Submission
from conformance.judge.probes import ProbeVerdict
from conformance.judge.words import Reason, Verdict

_REFUSALS = frozenset({400, 403, 409, 422})


@dataclass(frozen=True)
class Reply:
    """The API server's answer: the object as it would be stored, or the status and the words of a refusal."""

    stored: Mapping[str, Any] | None
    status: int = 0
    message: str = ""

    @property
    def outcome(self) -> str:
        """One word: ``accepted`` or ``refused:STATUS``."""
        return "accepted" if self.stored is not None else f"refused:{self.status}"


def judge_submission(submission: Submission, replies: tuple[Reply, ...]) -> ProbeVerdict:
    """Return the verdict of one object that was offered several times, each time with a reply."""
    troubled = next((reply for reply in replies if reply.stored is None and reply.status not in _REFUSALS), None)
    if troubled is not None or not replies:
        # One call that went wrong says nothing about what the server thinks of the object.
        words = troubled.message if troubled else "it was never asked"
        return ProbeVerdict(Verdict.ERROR, Reason.HARNESS, f"the API server could not judge it: {words}")
    if len({reply.outcome for reply in replies}) != 1:
        seen = ", ".join(reply.outcome for reply in replies)
        return ProbeVerdict(Verdict.FAIL, Reason.UNSTABLE, f"the replies kept changing: {seen}")
    reply = replies[-1]
    if submission.outcome == "record":
        return ProbeVerdict(Verdict.PASS)
    if submission.outcome == "refused":
        return _refusal(submission, reply)
    if reply.stored is None:
        return ProbeVerdict(Verdict.FAIL, Reason.NO_MATCH, f"refused ({reply.status}): {reply.message}")
    for path, wanted in submission.stored.items():
        got = value_at(reply.stored, path)
        if got != wanted:
            return ProbeVerdict(Verdict.FAIL, Reason.WRONG_HEADER, f"stored with {path} {got!r}, not {wanted!r}")
    return ProbeVerdict(Verdict.PASS)


def recorded(submission: Submission, reply: Reply) -> str:
    """Return the outcome to report; with the value that the case asks to be shown."""
    if reply.stored is None or not submission.shown:
        return reply.outcome
    return f"{reply.outcome}: {submission.shown} {value_at(reply.stored, submission.shown)}"


def value_at(stored: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted path; ``None`` where there is none."""
    value: Any = stored
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _refusal(submission: Submission, reply: Reply) -> ProbeVerdict:
    if reply.stored is not None:
        return ProbeVerdict(Verdict.FAIL, Reason.UNEXPECTED_MATCH, "accepted, though it must be refused")
    if submission.status and reply.status != submission.status:
        detail = f"refused with {reply.status}, not {submission.status}: {reply.message}"
        return ProbeVerdict(Verdict.FAIL, Reason.WRONG_STATUS, detail)
    if submission.field and submission.field not in reply.message:
        detail = f"refused, but not for {submission.field}: {reply.message}"
        return ProbeVerdict(Verdict.FAIL, Reason.WRONG_STATUS, detail)
    return ProbeVerdict(Verdict.PASS)
