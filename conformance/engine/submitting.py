"""Cases of level api: objects are offered to the API server, and its replies are judged; no controller is asked."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.case.model import Case, Manifest, Submission
from conformance.clusters.api import Api, Refused
from conformance.engine.record import bare_record
from conformance.engine.step_record import without_keys
from conformance.judge.cases import CaseVerdict, judge_case
from conformance.judge.probes import CONSECUTIVE, ProbeVerdict
from conformance.judge.submissions import Reply, judge_submission, recorded
from conformance.judge.words import Reason, Verdict
from conformance.plan.instance import Ground
from conformance.plan.single import unit_of
from conformance.plan.submitted import class_names, in_the_cases_words, submitted
from conformance.report.model import AttemptRecord, CaseRecord, Expected, ObjectRecord, Observed, ProbeRecord
from conformance.visible import visible

A_SECOND = 1.0
"""The API server gives ages in whole seconds: what is made within one is of the same age, or not, by chance."""


@dataclass(frozen=True)
class Submitter:
    """Judges such cases one after another; the objects that a case has beforehand are there only for its time."""

    api: Api
    ground: Ground
    began: float

    def judge(self, case: Case) -> CaseRecord:
        """Return the record of one case."""
        began = time.monotonic()
        objects = unit_of(case, self.ground).every_object()
        try:
            refusal = self._stand(objects)
            probes = [] if refusal else [self._probe(case, submission) for submission in case.submissions]
        finally:
            self.api.delete_all(objects)
        if refusal:
            detail = f"the API server refused an object of this case: {refusal.server_message}"
            verdict = CaseVerdict(Verdict.ERROR, Reason.HARNESS, detail)
        else:
            verdict = judge_case([(record.id, judged) for record, judged in probes])
        return bare_record(
            case,
            verdict,
            alone=True,
            seconds=time.monotonic() - began,
            objects=tuple(ObjectRecord(manifest=without_keys(manifest)) for manifest in objects),
            probes=tuple(record for record, _ in probes),
        )

    def _stand(self, objects: Sequence[Manifest]) -> Refused | None:
        """Apply the objects in their order, each younger than the one before; returns the first refusal.

        Of several default classes, for one, the API server chooses the youngest.
        """
        for number, manifest in enumerate(objects):
            if number:
                time.sleep(A_SECOND)
            try:
                self.api.apply(manifest)
            except Refused as refusal:
                return refusal
        return None

    def _probe(self, case: Case, submission: Submission) -> tuple[ProbeRecord, ProbeVerdict]:
        manifest = submitted(submission, case, self.ground)
        names = class_names(case, self.ground)
        attempts: list[AttemptRecord] = []
        replies: list[Reply] = []
        for _ in range(CONSECUTIVE):
            at = time.monotonic()
            reply = self._reply(submission, manifest, names)
            replies.append(reply)
            attempts.append(
                AttemptRecord(
                    at=round(at - self.began, 3),
                    seconds=round(time.monotonic() - at, 4),
                    outcome=visible(recorded(submission, reply)),
                    counted=True,
                )
            )
        verdict = judge_submission(submission, tuple(replies))
        last = replies[-1]
        more = {key: getattr(submission, key) for key in ("status", "field", "stored", "shown")}
        record = ProbeRecord(
            id=submission.id,
            expected=Expected(outcome=submission.outcome, more={key: value for key, value in more.items() if value}),
            observed=Observed(outcome=attempts[-1].outcome, status=last.status or None, detail=visible(last.message)),
            verdict=verdict.verdict,
            reason=verdict.reason,
            detail=visible(verdict.detail),
            attempts=tuple(attempts),
            curl=_replay_line(manifest, update=submission.update),
        )
        return record, verdict

    def _reply(self, submission: Submission, manifest: Manifest, names: Mapping[str, str]) -> Reply:
        try:
            stored = self.api.try_out(manifest, update=submission.update)
        except Refused as refusal:
            return Reply(None, refusal.status, refusal.server_message)
        return Reply(in_the_cases_words(stored, names))


def _replay_line(manifest: Manifest, *, update: bool) -> str:
    verb = "replace" if update else "create"
    return f"kubectl {verb} --dry-run=server -f - <<'EOF'\n{json.dumps(manifest)}\nEOF"
