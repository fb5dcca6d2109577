"""The questions that annotations bring along, from the data file's templates, and where none are. Pure."""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from conformance.migrate.annotations import Ask, Family, Known
from conformance.migrate.boundaries import RESPELLED, Spot, around, host_questions
from conformance.migrate.found import Found
from conformance.migrate.meaning import HEADER_NAME, is_off
from conformance.migrate.question import LeftOut, Question

PATHS = 3
"""On so many paths of each kind that an Ingress has each question is asked; the others are told."""

_WHOLE = "{path}"
_BLANK = re.compile(r"\{([a-z-]+)\}")
_FROM_TO = ("proxy-cookie-domain", "proxy-cookie-path", "proxy-redirect-from")
"""What these say is to be changed is their first word."""

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_LONGEST = 500


def family_questions(spot: Spot, found: Found, known: Known) -> Iterator[Question]:
    """Yield what is asked about one path because of the annotations of its Ingress."""
    for name, family in _families(found, known):
        yield from _on(spot, name, family, found, known)


def respelled(spot: Spot, found: Found, known: Known) -> tuple[list[Question], list[Question]]:
    """Return what must be kept out by the guards of one path, too: other spellings of the path, and those of the host.

    A guard that looks at what is written, where the rule is found by what is meant, is open beside it.
    """
    owned = [
        next(_on(spot, name, family, found, known), None)
        for name, family in _families(found, known)
        if family.respelled
    ]
    (_, *without_tls), beside = around(spot)
    made = [
        replace(
            guard,
            kind=one.kind,
            host=one.host,
            target=one.target,
            scheme=one.scheme if one.target == spot.path and one.scheme != spot.scheme else guard.scheme,
            compares=(),
            received=(),
            keeps=spot.service,
        )
        for guard in owned
        if guard and spot.service
        for one in (*without_tls, *beside, *host_questions(spot))
        if one.kind in RESPELLED
    ]
    of_path = [one for one in made if one.target != spot.path]
    return of_path, [one for one in made if one.target == spot.path]


def first_of_kinds(of_ingress: Iterable[Spot]) -> Iterator[tuple[Spot, bool]]:
    """Yield the paths of an Ingress, and whether each is among the first of its kind."""
    kinds: Counter[Hashable] = Counter()
    for spot in of_ingress:
        kinds[spot.signature] += 1
        yield spot, kinds[spot.signature] <= PATHS


def paths_not_asked(found: Found, others: Sequence[Spot], known: Known) -> Iterator[LeftOut]:
    """Yield that annotations are not asked about on the other paths of an Ingress, if they would be."""
    families = list(_families(found, known))
    left = sum(any(True for name, family in families for _ in _on(spot, name, family, found, known)) for spot in others)
    if left:
        why = f"annotations are asked about on the first {PATHS} paths of each kind that an Ingress has"
        yield LeftOut("paths", why, found.label, left)


def _families(found: Found, known: Known) -> Iterator[tuple[str, Family]]:
    """Yield the families of the annotations of an Ingress that say something."""
    annotations = dict(found.annotations)
    for name in dict.fromkeys(known.family(annotation) for annotation in annotations):
        family = known.families.get(name)
        if family is not None and (not family.asked_if or known.value(annotations, family.asked_if)):
            yield name, family


def _on(spot: Spot, name: str, family: Family, found: Found, known: Known) -> Iterator[Question]:
    """Yield what is asked about a family on one path: nothing that shows only annotations that are not there."""
    held = {known.short(annotation) for annotation in found.annotations}
    values = _values(family, known, dict(found.annotations), spot)
    for ask in family.ask:
        if (ask.shows and held.isdisjoint(ask.shows)) or not _goes_with(ask, found, known):
            continue
        question = _question(ask, name, family, spot, values)
        if question is not None:
            yield question


def _goes_with(ask: Ask, found: Found, known: Known) -> bool:
    """Tell whether the annotations are there, and not turned off, without which a request says nothing."""
    annotations = dict(found.annotations)

    def there(named: str) -> bool:
        short, _, wanted = named.partition("=")
        value = known.value(annotations, short)
        return value.strip().lower() == wanted if wanted else not is_off(value)

    return all(any(map(there, one_of)) for one_of in ask.asked_if) and not any(map(there, ask.unless))


def _values(family: Family, known: Known, annotations: dict[str, str], spot: Spot) -> Mapping[str, str]:
    """Return what the blanks of a template stand for."""
    values = {short: known.value(annotations, short) for short in family.annotations}
    first = next((value for value in values.values() if value), "")
    values["value"] = first.partition(",")[0].strip()
    origin = values.get("cors-allow-origin", "").partition(",")[0].strip().replace("*.", "one.")
    values["cors-allow-origin"] = origin if "://" in origin else "https://page.invalid"
    values["custom-http-errors"] = values.get("custom-http-errors", "").partition(",")[0].strip()
    for short in _FROM_TO:
        values[short] = _literal(values.get(short, ""))
    values["path"] = spot.path.rstrip("/")
    values["host"] = spot.host
    return values


def _literal(value: str) -> str:
    """Return what an annotation says is to be changed; empty where that is a pattern, or nothing."""
    first, *_ = (*value.split(), "")
    return "" if first.startswith("~") or "$" in first or first in {"off", "default"} else first


def _asking_for(target: str, answers: tuple[tuple[str, str], ...]) -> str:
    """Return a target whose query asks the echo backend for these headers."""
    knobs = "&".join(f"hdr={quote(f'{key}:{value}', safe='/:')}" for key, value in answers)
    return f"{target}{'&' if '?' in target else '?'}{knobs}" if knobs else target


def _question(ask: Ask, name: str, family: Family, spot: Spot, values: Mapping[str, str]) -> Question | None:
    """Return the question; none where a blank cannot be filled, such as the header of a canary that goes by weight."""
    missing = False

    def fill(text: str) -> str:
        nonlocal missing

        def value(match: re.Match[str]) -> str:
            nonlocal missing
            found = values.get(match[1], "")
            missing = missing or (not found and match[1] != "path")
            return found

        filled = _BLANK.sub(value, text)
        missing = missing or bool(_UNPRINTABLE.search(filled)) or len(filled) > _LONGEST
        return filled

    claims = tuple(ask.claims.items())
    headers = (*((fill(key), fill(value)) for key, value in ask.headers.items()), *claims)
    host = fill(ask.host or "{host}")
    # Only where more of a path follows does it go without its last slash: an Exact rule serves none but that with it.
    whole = ask.target.partition("?")[0] == _WHOLE
    target = spot.path + fill(ask.target.removeprefix(_WHOLE)) if whole else fill(ask.target) or "/"
    answers = tuple((key, fill(value)) for key, value in ask.answers.items())
    target = _asking_for(target, answers)
    if missing or not all(HEADER_NAME.fullmatch(key) for key, _ in headers) or " " in host + target:
        return None
    if spot.host.startswith("www.") and host.startswith("www.www."):
        host = host.removeprefix("www.www.")
    return Question(
        kind=ask.id,
        host=host,
        target=target,
        owner=spot.owner,
        rule=spot.rule,
        service=spot.service,
        path_kind=spot.signature,
        scheme=ask.scheme or spot.scheme,
        method=ask.method,
        headers=headers,
        body_bytes=ask.body_bytes,
        requests=ask.requests,
        times=ask.times,
        together=ask.together,
        chance=ask.chance,
        heeded=ask.heeded,
        long=ask.long,
        copies=ask.copies,
        gets=spot.service if ask.shares else "",
        variant=name if family.apart and not ask.while_open else "",
        family=name,
        guards=family.guards and not (ask.lets_in or ask.claims),
        answers=answers,
        lets_in=ask.lets_in,
        against=ask.against,
        claims=claims,
        client=ask.client,
        compares=(*family.compares, *ask.answers),
        received=(*family.received, *ask.received, *ask.claims),
        asks=(ask.id,),
    )
