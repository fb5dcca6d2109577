"""A migration on a terminal: what is less safe first. Whatever anybody else wrote is text and nothing else."""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from conformance.migrate.model import Change, Migration, Place, Sort
from conformance.migrate.wording import NOT_ASKED_NOW, UNASKED, unasked_words
from conformance.visible import visible

STYLES = {
    Sort.UNSAFE: "bold red",
    Sort.NOT_JUDGED: "yellow",
    Sort.DIFFERS: "yellow",
    Sort.IGNORED: "yellow",
    Sort.PARTLY: "yellow",
    Sort.UNCHANGED: "green",
}
HEADINGS = {
    Sort.UNSAFE: "LESS SAFE",
    Sort.DIFFERS: "Answered differently",
    Sort.IGNORED: "Annotations that are ignored",
}
_NAMED = 6
_MOST = 20


def print_migration(migration: Migration, console: Console) -> None:
    """Print the whole migration."""
    console.print(Text("\n").join(_lines(migration)), soft_wrap=True)


def _lines(migration: Migration) -> Iterator[Text]:
    yield from _beginning(migration)
    for sort, heading in HEADINGS.items():
        changes = migration.of(sort)
        if changes:
            yield Text()
            yield _line(f"{heading} ({len(changes)})", STYLES[sort])
        for change in changes:
            yield from _change(change)
        if sort is Sort.UNSAFE:
            yield from _unasked(migration)
    yield from _records("Not judged", migration, Sort.NOT_JUDGED)
    yield from _annotations(migration)
    yield from _records("Unchanged in the part that was asked", migration, Sort.PARTLY)
    unchanged = [record.label for record in migration.ingresses if record.sort is Sort.UNCHANGED]
    if unchanged:
        yield Text()
        yield _line(f"Unchanged, as far as was asked: {named(unchanged)}", STYLES[Sort.UNCHANGED])
    if migration.left_out:
        yield Text()
        yield _line("Not asked")
        for one in migration.left_out:
            times = f" ({one.count})" if one.count > 1 else ""
            examples = f": {', '.join(one.examples)}" if one.examples else ""
            yield _line(f"  {one.kind}{times}{examples}. {one.why}", "dim")


def _beginning(migration: Migration) -> Iterator[Text]:
    for problem in migration.problems:
        if problem.kind != "other":
            yield _line(f"{problem.where}: {problem.message}", "yellow")
            if problem.hint:
                yield _line(f"  hint: {problem.hint}")
    yield _line(migration.summary, "bold")
    if migration.basis == "profile":
        yield _line(NOT_ASKED_NOW)


def _change(change: Change) -> Iterator[Text]:
    yield Text()
    opens = " [more is reachable]" if change.opens else ""
    yield _line(f"  {change.title}{opens}", STYLES[change.sort])
    yield _line(f"    {named(change.ingresses)}")
    if change.annotations:
        yield _line(f"    annotations: {', '.join(change.annotations)}")
    yield from _place(change.places[0])
    if len(change.places) > 1:
        yield _line(f"    and {len(change.places) - 1} more requests")
    for restore in change.restore:
        yield _line(f"    to restore it: {restore.says}", "cyan")
        yield _line(f"      {restore.link}", "cyan")


def _place(place: Place) -> Iterator[Text]:
    held = f"  ({place.held})" if place.held else ""
    yield _line(f"    {place.ingress}, {place.rule}: {place.request}{held}")
    for word, said, other in ((place.before, place.old, place.new), ("after", place.new, place.old)):
        facts = [f"{name} {value}" for name, value in said.facts.items() if other.facts.get(name) not in {value, None}]
        yield _line(f"      {word:{len(place.before)}}: {said.outcome}" + (f" ({', '.join(facts)})" if facts else ""))
    yield from (_line(f"      {said.curl}", "dim") for said in (place.old, place.new) if said.curl)


def _unasked(migration: Migration) -> Iterator[Text]:
    unasked = migration.unasked
    if unasked:
        yield Text()
        yield _line(f"{UNASKED} ({len(unasked)})", STYLES[Sort.NOT_JUDGED])
    for one in unasked[:_MOST]:
        yield _line(f"  {one.name} ({unasked_words(one)}): {named(one.ingresses)}")
    if len(unasked) > _MOST:
        yield _line(f"  and {len(unasked) - _MOST} more")


def _records(heading: str, migration: Migration, sort: Sort) -> Iterator[Text]:
    records = [record for record in migration.ingresses if record.sort is sort]
    if records:
        yield Text()
        yield _line(f"{heading} ({len(records)})", STYLES[sort])
    for record in records[:_MOST]:
        yield _line(f"  {record.label}: {record.detail}")
    if len(records) > _MOST:
        yield _line(f"  and {len(records) - _MOST} more")


def _annotations(migration: Migration) -> Iterator[Text]:
    if not migration.annotations:
        return
    yield Text()
    yield _line("Annotations")
    for one in migration.annotations:
        count = f"{len(one.ingresses)} Ingress" + ("es" if len(one.ingresses) != 1 else "")
        yield _line(f"  {one.status:16}  {one.name} ({count})", STYLES[one.sort])


def named(labels: "tuple[str, ...] | list[str]") -> str:
    """Return some names, and how many more there are."""
    more = f" and {len(labels) - _NAMED} more" if len(labels) > _NAMED else ""
    return ", ".join(labels[:_NAMED]) + more


def _line(text: str, style: str = "") -> Text:
    return Text(visible(text, keep=""), style)
