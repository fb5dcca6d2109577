"""The curl line that an owner can send to controllers of their own. Pure."""

import re
from collections.abc import Mapping
from dataclasses import replace

from conformance.migrate.annotations import DROP, KEEP, known_annotations
from conformance.migrate.found import Found
from conformance.migrate.question import Question
from conformance.probes.answer import Endpoint, WireProbe
from conformance.probes.curl import curl_line


def as_told(question: Question, found: Found) -> Question:
    """Return the question as anybody may read it: a variable stands for a value that is meant to be secret.

    The line and the headers are for a pull request, which more people read than the Ingress.
    """
    known, annotations = known_annotations(), dict(found.annotations)
    hidden = {value: of for short, of in known.secrets.items() if (value := known.value(annotations, short))}
    return replace(question, headers=tuple((name, hidden.get(value, value)) for name, value in question.headers))


def replay_line(question: Question, address: str) -> str:
    """Return the line; ``address`` stands for where the controller listens."""
    name = question.host.partition(":")[0].lower()
    wire = WireProbe(
        method=question.method,
        scheme=question.scheme,
        host=question.host,
        target=question.target,
        headers=question.headers,
        sni=name,
        # A line names but the files that hold it.
        client_certificate=(b"", b"") if question.client else None,
        requests_on_connection=question.requests,
    )
    line = curl_line(wire, Endpoint(address))
    for variable in known_annotations().secrets.values():
        # In single quotes it would be sent as it is written here.
        line = line.replace(f": {variable}'", f': \'"{variable}"')
    if question.times > 1:
        each, rest = ("{ " + line + " & }", "; wait") if question.together else (line, "")
        return f"for n in $(seq {question.times}); do {each}; done{rest}"
    if not question.body_bytes:
        return line
    # curl would send the zero bytes of a file as they are; the empty body of the line makes way for them.
    line = line.replace("--data-raw '' ", "--data-binary @- ", 1)
    return f"head -c {question.body_bytes} /dev/zero | {line}"


def line_for_other(line: str, address: str, other: str) -> str:
    """Return a recorded line as it asks another controller; empty if nobody knows whose ``address`` it has."""
    if not address:
        return ""
    # A report holds the line and not the request. Only a whole address is one: 10.0.0.1 is no part of 10.0.0.12.
    return re.sub(rf"(?<![\w.]){re.escape(address)}(?![\w.])", other, line)


def stand_in_note(found: Found, question: Question) -> str:
    """Return what the annotations of the family held in place of their values, empty if nothing."""
    known = known_annotations()
    name = question.variant or question.family
    family = known.families.get(name)
    if family is None:
        return ""
    notes = []
    for annotation in found.annotations:
        short = known.short(annotation)
        if known.family(annotation) != name:
            continue
        held: str | Mapping[str, str] = family.closed if question.variant else family.base
        value = held.get(short, KEEP) if isinstance(held, Mapping) else held
        if value == DROP:
            notes.append(f"without {short}")
        elif value != KEEP:
            notes.append(f"{short}: {value}")
    return ", ".join(notes)
