"""The signs and sentences that pages use for the closed lists of the report."""

from conformance.case.model import Level
from conformance.judge.words import Reason, Verdict
from conformance.report.model import Parity

SIGNS = {
    Verdict.PASS: "✓",
    Verdict.FAIL: "✗",
    Verdict.UNSUPPORTED: "○",
    Verdict.SKIPPED: "–",
    Verdict.ERROR: "!",
}
RECORDED = "•"
OLDER = "†"
OLDER_TEXT = "another text of the case"
"""What a run is marked with that was not asked what the newest run was asked."""
ABSENT = "·"

LETTERS = {
    Verdict.PASS: "p",
    Verdict.FAIL: "f",
    Verdict.UNSUPPORTED: "u",
    Verdict.SKIPPED: "s",
    Verdict.ERROR: "e",
}
"""One letter a verdict: the class of a cell, and its place in the data that scripts read."""

PARITY_LETTERS = {Parity.SAME: "s", Parity.DIFFERS: "d", Parity.IGNORED: "i", Parity.REFUSED: "r"}
"""One letter a word of parity, in the data that scripts read: a capital where the case fails open."""

RECORDED_LETTER = "r"
ABSENT_LETTER = "n"

WORST_FIRST = (Verdict.ERROR, Verdict.FAIL, Verdict.UNSUPPORTED, Verdict.SKIPPED, Verdict.PASS)

VERDICT_TEXTS = {
    Verdict.PASS: "What the statement says was seen.",
    Verdict.FAIL: "Something else was seen; the reason says what.",
    Verdict.UNSUPPORTED: "It fails, and the controller's entry in the catalogue says so, with a link.",
    Verdict.SKIPPED: "It was not observed, and nobody is to blame.",
    Verdict.ERROR: "The suite could not judge. Never the controller's fault.",
}

LEVEL_TEXTS = {
    Level.CORE: "The specification says it plainly. Every controller must.",
    Level.EXTENDED: "Optional, a should, or a consequence that few users meet.",
    Level.OBSERVED: "Left open by the specification: recorded and compared, not judged.",
    Level.API: "The API server's duty, not the controller's.",
    Level.PARITY: "What ingress-nginx does, whatever the specification says: the same, or not.",
}

PARITY_TEXTS = {
    Parity.SAME: "Every probe is answered as ingress-nginx answers it.",
    Parity.DIFFERS: "Some probe is not answered as by ingress-nginx, and the case is neither ignored nor refused.",
    Parity.IGNORED: "Every probe is answered as if the annotations under test were not there.",
    Parity.REFUSED: "The Ingress was not taken, while the same one without the annotations under test is served.",
}
OPEN_TEXT = "An annotation that restricts access has no effect: a backend answers what must be refused."

REASON_TEXTS = {
    Reason.WRONG_BACKEND: "Another backend answered than the one that the rules choose.",
    Reason.WRONG_STATUS: "A status other than 404 came in place of the backend.",
    Reason.UNEXPECTED_MATCH: "A backend answered a request that no rule matches: more is served than the Ingress says.",
    Reason.NO_MATCH: "404 came in place of the backend: the rule was not seen to match, or was dropped.",
    Reason.WRONG_CERTIFICATE: "The certificate that was presented is not the one that the Secret holds.",
    Reason.WRONG_HEADER: "The right backend answered, but received another request than was sent.",
    Reason.REDIRECTED: "A redirect came in place of a backend, or of no match.",
    Reason.NOT_PROGRAMMED: "The marker never answered: the object was not loaded.",
    Reason.NOT_REMOVED: "What was deleted was still served when time was up.",
    Reason.UNSTABLE: "The answers changed where nothing else did.",
    Reason.NO_ANSWER: "Timeout, reset, refused, or an answer that is no HTTP.",
    Reason.CONTROLLER_CRASHED: "The controller's process ended while the objects of the case were applied.",
    Reason.HARNESS: "The suite's own trouble, such as an object that the API server refused.",
}

FINDING_TEXTS = {
    "interference": "Beside other cases the case failed, alone it passed.",
    "poison": "While the objects of the case were there, unrelated Ingresses were not loaded, or no longer served.",
}
