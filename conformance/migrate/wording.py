"""The sentences of a migration. Pure."""

from collections.abc import Sequence

from conformance.migrate.annotations import known_annotations
from conformance.migrate.model import AnnotationRecord, Place, Sort
from conformance.migrate.question import Question
from conformance.migrate.said import COPIES, SERVED, SHARES, SPOKEN, THROUGH

KINDS = {
    "path": "The path of a rule is answered differently",
    "sub-path": "What lies below the path of a rule is answered differently",
    "slash": "The path of a rule with a slash more, or less, is answered differently",
    "one-letter-more": "A path that only begins like the rule's is answered differently",
    "longer-sibling": "A path that only begins like the rule's is answered differently",
    "double-slash": "Two slashes at the beginning are treated differently",
    "dot-segments": "“..” in a path is treated differently",
    "other-case": "Capital and small letters in a path are treated differently",
    "percent-encoded": "A percent-encoded letter in a path is treated differently",
    "unknown-path": "A path that no rule names is answered differently",
    "sub-domain": "A sub-domain that no rule names is answered differently",
    "bare-domain": "The domain under a wildcard is answered differently",
    "host-with-port": "A Host header with a port is answered differently",
    "host-in-capitals": "A Host header in capitals is answered differently",
    "tls-unasked": "https for a host without TLS is answered differently",
    "without-tls": "http for a host with TLS is answered differently",
    "without-password": "A path that asks for no password is answered differently without one",
    "either-suffices": "An allowed address without a password is answered differently",
    "claimed-address": "Backends are told another address of the client",
}
UNASKED = "Nobody asked about these annotations"
STANDS_FOR_OLD = "INGRESS-NGINX"
"""In the curl lines of a profile, the address of an ingress-nginx: the run had none."""

NOT_ASKED_NOW = (
    "No ingress-nginx was asked now: a real one gave the answers called recorded earlier, and those called documented "
    "stand in its documents or its source. To ask one of yours, give it the objects of the case, and put its address "
    f"in place of {STANDS_FOR_OLD}."
)
_NAMES = {
    "certificate": "another certificate",
    "target": "another path for the backend",
    "port": "another port of the Service",
    THROUGH: "how many requests are let through",
    SHARES: "how the requests are shared out",
    COPIES: "copies of requests",
    SPOKEN: "TLS or none to the backend",
    "Strict-Transport-Security": "the header Strict-Transport-Security",
}


def title_of(
    question: Question, sort: Sort, before: str, after: str, places: Sequence[Place], families: Sequence[str] = ()
) -> str:
    """Return the heading of a change. ``families`` are the annotations whose request it is as well."""
    family = known_annotations().families.get(question.family)
    if sort is Sort.UNSAFE:
        return _unsafe(question, after)
    if family is not None:
        about = f"{question.family}: {family.says}"
        if sort is Sort.IGNORED:
            return f"Ignored. {about}"
        return f"Differs ({_what(before, after, places)}). {about}"
    beside = f". Its rules have annotations that may be why: {', '.join(families)}" if families else ""
    return f"{KINDS.get(question.kind, question.kind)} ({_what(before, after, places)}){beside}"


def _unsafe(question: Question, after: str) -> str:
    if question.keeps:
        what = KINDS.get(question.kind, question.kind).partition(" is ")[0]
        return f"Past the guard {question.family}: it was kept out, now it is served. {what}"
    if question.kind in {"without-tls", "without-tls-slash"}:
        return "Served without TLS: http was not served, now it is"
    if question.kind == "claimed-address":
        return "Any client can claim another address: X-Forwarded-For is believed"
    if question.claims:
        return "Any client can claim what only the service of auth-url may say: its own header gets to the backend"
    if question.kind == "cors-other-origin":
        return "Pages of any origin may call it: an origin that is not listed is allowed"
    if question.guards:
        about = known_annotations().families[question.family].says if question.family else ""
        if question.number > 1 and after != SERVED:
            return f"Looser: the guard {question.family} lets more requests through. {about}"
        return f"Open: the guard {question.family} is not there. {about}"
    what = KINDS.get(question.kind, question.kind).partition(" is ")[0]
    return f"Past the guard: it was refused, now it is served. {what}"


def _what(before: str, after: str, places: Sequence[Place]) -> str:
    """Return in short what differs: the outcome, else the facts."""
    if before != after:
        return f"{before} → {after}"
    place = places[0]
    if place.old.outcome != place.new.outcome:
        return "another backend" if "backend" in place.old.outcome else "another answer"
    names = [name for name, value in place.old.facts.items() if place.new.facts.get(name) != value]
    return ", ".join(_NAMES.get(name, name) for name in names[:4]) or "other facts"


def unasked_words(one: AnnotationRecord) -> str:
    """Return why an annotation that nobody asked about is listed."""
    return "the suite does not know it" if one.status == "unknown" else "it may keep requests out"


def summary_of(
    counts: dict[Sort, int],
    spaces: int,
    requests: int,
    names: tuple[str, str],
    unasked: Sequence[AnnotationRecord] = (),
) -> str:
    """Return one paragraph on everything; ``unasked`` are annotations that may keep requests out."""
    old, new = names
    total = sum(counts.values())
    said = f"From {old} to {new}, {_several(total, 'Ingress')} in {_several(spaces, 'namespace')}, "
    said += f"{_several(requests, 'request')} compared. "
    parts = [
        (Sort.UNSAFE, "become less safe", "becomes less safe"),
        (Sort.DIFFERS, "are answered differently", "is answered differently"),
        (Sort.IGNORED, "lose what an annotation does", "loses what an annotation does"),
        (Sort.NOT_JUDGED, "could not be judged", "could not be judged"),
        (Sort.PARTLY, "stay as they are in the part that was asked", "stays as it is in the part that was asked"),
        (Sort.UNCHANGED, "stay as they are, as far as was asked", "stays as it is, as far as was asked"),
    ]
    told = [f"{counts[sort]} {many if counts[sort] != 1 else one}" for sort, many, one in parts if counts.get(sort)]
    said += ", ".join(told) + "." if told else "There was nothing to compare."
    return said + (f" Nobody asked about {_listed(unasked)}." if unasked else "")


def _listed(unasked: Sequence[AnnotationRecord]) -> str:
    unknown = {one.name for one in unasked if one.status == "unknown"}
    kinds = (
        ({one.name for one in unasked} - unknown, "that may keep requests out"),
        (unknown, "that the suite does not know"),
    )
    parts = [f"{_several(len(found), 'annotation')} {words}" for found, words in kinds if found]
    holders = {label for one in unasked for label in one.ingresses}
    return f"{' and '.join(parts)}, on {_several(len(holders), 'Ingress')}"


def _several(number: int, word: str) -> str:
    plural = f"{word}es" if word.endswith("s") else f"{word}s"
    return f"{number} {word if number == 1 else plural}"
