"""A migration in Markdown, for a pull request."""

from collections import Counter
from collections.abc import Iterator, Sequence

from conformance.export.markdown_text import block, code, link, plain, row
from conformance.migrate.model import Change, Migration, Sort
from conformance.migrate.wording import NOT_ASKED_NOW, UNASKED, unasked_words

HEADINGS = {
    Sort.UNSAFE: "⚠ Less safe",
    Sort.DIFFERS: "Answered differently",
    Sort.IGNORED: "Annotations that are ignored",
}
MOST_CHANGES = 30
"""Of one sort: a comment on a pull request has a limit (65536 characters on GitHub)."""

MOST_NAMESPACES = 50
"""Rows, for the same reason."""

MOST_ANNOTATIONS = 50
"""Rows of their table."""

COLUMNS = {
    Sort.UNSAFE: "less safe",
    Sort.NOT_JUDGED: "not judged",
    Sort.DIFFERS: "answered differently",
    Sort.IGNORED: "ignored",
    Sort.PARTLY: "partly asked",
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
        yield from _changes(
            heading, [(number, change) for number, change in _numbered(migration) if change.sort is sort]
        )
        if sort is Sort.UNSAFE:
            unasked = [
                f"{code(one.name)} ({plain(unasked_words(one))}): {_named(one.ingresses)}" for one in migration.unasked
            ]
            yield from _listed(f"⚠ {UNASKED}", unasked)
    yield from _records("Not judged", migration, Sort.NOT_JUDGED)
    yield from _annotations(migration)
    yield from _records("Unchanged in the part that was asked", migration, Sort.PARTLY)
    unchanged = [record.label for record in migration.ingresses if record.sort is Sort.UNCHANGED]
    if unchanged:
        yield ""
        yield f"Unchanged, as far as was asked: {_named(unchanged)}"
    problems = [one for one in migration.problems if one.kind != "other"]
    yield from _listed("Not read", [f"{code(one.where)}: {plain(one.message)}" for one in problems])
    left = [f"{plain(one.kind)} ({one.count}): {plain(one.why)}" for one in migration.left_out]
    yield from _listed("Not asked", left)


def _numbered(migration: Migration) -> list[tuple[int, Change]]:
    """Return the changes with the numbers that the table of namespaces names."""
    return list(enumerate(migration.changes, start=1))


def _namespaces(migration: Migration) -> Iterator[str]:
    """Yield how many Ingresses of each namespace stand how, the worst first, and which changes are theirs."""
    spaces: dict[str, Counter[Sort]] = {}
    for record in migration.ingresses:
        spaces.setdefault(record.namespace, Counter())[record.sort] += 1
    if migration.basis == "profile" or len(spaces) < 2:
        return
    yield ""
    numbers: dict[str, list[int]] = {}
    for number, change in _numbered(migration):
        for space in dict.fromkeys(label.partition("/")[0] for label in change.ingresses):
            numbers.setdefault(space, []).append(number)
    yield row("namespace", *COLUMNS.values(), "changes")
    yield row("---", *("---:" for _ in COLUMNS), "---")
    worst_first = sorted(spaces.items(), key=lambda pair: ([-pair[1][sort] for sort in COLUMNS], pair[0]))
    for space, counts in worst_first[:MOST_NAMESPACES]:
        yield row(code(space), *(str(counts[sort]) for sort in COLUMNS), _some(numbers.get(space, [])))
    if len(spaces) > MOST_NAMESPACES:
        yield ""
        yield f"and {len(spaces) - MOST_NAMESPACES} more namespaces, see migration.json."


def _some(numbers: Sequence[int]) -> str:
    more = f" and {len(numbers) - _NAMED} more" if len(numbers) > _NAMED else ""
    return ", ".join(map(str, numbers[:_NAMED])) + more


def _changes(heading: str, changes: Sequence[tuple[int, Change]]) -> Iterator[str]:
    if changes:
        yield ""
        yield f"### {heading}"
    for number, change in changes[:MOST_CHANGES]:
        yield ""
        yield from _change(number, change)
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


def _records(heading: str, migration: Migration, sort: Sort) -> Iterator[str]:
    records = [record for record in migration.ingresses if record.sort is sort]
    yield from _listed(f"{heading} ({len(records)})", [f"{code(one.label)}: {plain(one.detail)}" for one in records])


def _annotations(migration: Migration) -> Iterator[str]:
    if migration.annotations:
        yield ""
        yield "### Annotations"
        yield ""
        yield row("annotation", "after the move", "Ingresses")
        yield row("---", "---", "---")
    for one in migration.annotations[:MOST_ANNOTATIONS]:
        yield row(code(one.name), plain(one.status), str(len(one.ingresses)))
    if len(migration.annotations) > MOST_ANNOTATIONS:
        yield ""
        yield f"and {len(migration.annotations) - MOST_ANNOTATIONS} more annotations, see migration.json."


def _change(number: int, change: Change) -> Iterator[str]:
    place = change.places[0]
    yield f"**{number}. {plain(change.title)}**" + (" (more is reachable)" if change.opens else "")
    yield ""
    yield f"- {_named(change.ingresses)}"
    if change.annotations:
        yield f"- annotations: {', '.join(map(code, change.annotations))}"
    held = f" ({code(place.held)})" if place.held else ""
    yield f"- {code(place.request)}{held}: {place.before} {code(place.old.outcome)}, after {code(place.new.outcome)}"
    for restore in change.restore:
        yield f"- to restore it: {link(restore.says, restore.link)}"
    yield ""
    yield block("\n".join(said.curl for said in (place.old, place.new) if said.curl))


def _named(labels: "tuple[str, ...] | list[str]") -> str:
    more = f" and {len(labels) - _NAMED} more" if len(labels) > _NAMED else ""
    return ", ".join(map(code, labels[:_NAMED])) + more
