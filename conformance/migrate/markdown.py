"""A migration in Markdown, for a pull request."""

from collections import Counter
from collections.abc import Iterator, Sequence

from conformance.export.markdown_text import block, code, link, plain, row
from conformance.migrate.model import Change, Migration, Sort
from conformance.migrate.wording import NOT_ASKED_NOW

HEADINGS = {
    Sort.UNSAFE: "⚠ Less safe",
    Sort.DIFFERS: "Answered differently",
    Sort.IGNORED: "Annotations that are ignored",
}
MOST_CHANGES = 30
"""Of one sort: a comment on a pull request has a limit (65536 characters on GitHub)."""

MOST_NAMESPACES = 50
"""Rows, for the same reason."""

COLUMNS = {
    Sort.UNSAFE: "less safe",
    Sort.NOT_JUDGED: "not judged",
    Sort.DIFFERS: "answered differently",
    Sort.IGNORED: "ignored",
    Sort.UNCHANGED: "unchanged",
}

_NAMED = 10


def migration_markdown(migration: Migration) -> str:
    """Return the migration as Markdown."""
    return "\n".join(_lines(migration)) + "\n"


def _lines(migration: Migration) -> Iterator[str]:
    yield "## What the move changes"
    yield ""
    yield plain(migration.summary)
    if migration.basis == "profile":
        yield ""
        yield plain(NOT_ASKED_NOW)
    yield from _namespaces(migration)
    for sort, heading in HEADINGS.items():
        yield from _changes(heading, migration.of(sort))
    judged = [record for record in migration.ingresses if record.sort is Sort.NOT_JUDGED]
    yield from _listed(f"Not judged ({len(judged)})", [f"{code(one.label)}: {plain(one.detail)}" for one in judged])
    yield from _annotations(migration)
    unchanged = [record.label for record in migration.ingresses if record.sort is Sort.UNCHANGED]
    if unchanged:
        yield ""
        yield f"Unchanged, as far as was asked: {_named(unchanged)}"
    problems = [one for one in migration.problems if one.kind != "other"]
    yield from _listed("Not read", [f"{code(one.where)}: {plain(one.message)}" for one in problems])
    left = [f"{plain(one.kind)} ({one.count}): {plain(one.why)}" for one in migration.left_out]
    yield from _listed("Not asked", left)


def _namespaces(migration: Migration) -> Iterator[str]:
    """Yield how many Ingresses of each namespace stand how, those with the worst first: each team looks for its own."""
    spaces: dict[str, Counter[Sort]] = {}
    for record in migration.ingresses:
        spaces.setdefault(record.namespace, Counter())[record.sort] += 1
    if migration.basis == "profile" or len(spaces) < 2:
        return
    yield ""
    yield row("namespace", *COLUMNS.values())
    yield row("---", *("---:" for _ in COLUMNS))
    worst_first = sorted(spaces.items(), key=lambda pair: ([-pair[1][sort] for sort in COLUMNS], pair[0]))
    for space, counts in worst_first[:MOST_NAMESPACES]:
        yield row(code(space), *(str(counts[sort]) for sort in COLUMNS))
    if len(spaces) > MOST_NAMESPACES:
        yield ""
        yield f"and {len(spaces) - MOST_NAMESPACES} more namespaces, see migration.json."


def _changes(heading: str, changes: Sequence[Change]) -> Iterator[str]:
    if changes:
        yield ""
        yield f"### {heading}"
    for change in changes[:MOST_CHANGES]:
        yield ""
        yield from _change(change)
    if len(changes) > MOST_CHANGES:
        yield ""
        yield f"and {len(changes) - MOST_CHANGES} more, see migration.json."


def _listed(heading: str, entries: Sequence[str]) -> Iterator[str]:
    if entries:
        yield ""
        yield f"### {heading}"
        yield ""
        yield from (f"- {entry}" for entry in entries[:MOST_CHANGES])
    if len(entries) > MOST_CHANGES:
        yield f"- and {len(entries) - MOST_CHANGES} more"


def _annotations(migration: Migration) -> Iterator[str]:
    if migration.annotations:
        yield ""
        yield "### Annotations"
        yield ""
        yield row("annotation", "after the move", "Ingresses")
        yield row("---", "---", "---")
    for one in migration.annotations:
        yield row(code(one.name), plain(one.status), str(len(one.ingresses)))


def _change(change: Change) -> Iterator[str]:
    place = change.places[0]
    yield f"**{plain(change.title)}**" + (" (more is reachable)" if change.opens else "")
    yield ""
    yield f"- {_named(change.ingresses)}"
    held = f" ({code(place.held)})" if place.held else ""
    yield f"- {code(place.request)}{held}: {place.before} {code(place.old.outcome)}, after {code(place.new.outcome)}"
    for restore in change.restore:
        yield f"- to restore it: {link(restore.says, restore.link)}"
    yield ""
    yield block("\n".join(said.curl for said in (place.old, place.new) if said.curl))


def _named(labels: "tuple[str, ...] | list[str]") -> str:
    more = f" and {len(labels) - _NAMED} more" if len(labels) > _NAMED else ""
    return ", ".join(map(code, labels[:_NAMED])) + more
