"""A difference on a terminal, and in Markdown."""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from conformance.compare.diff_model import Change, Conclusion, Diff, Kind, ProbeChange
from conformance.compare.runs import title
from conformance.export.markdown_text import block, code, plain, row
from conformance.visible import visible

_LOOKS = {
    Kind.REGRESSION: ("✗", "bold red"),
    Kind.UNPROVEN: ("?", "bold magenta"),
    Kind.CHANGED: ("~", "cyan"),
    Kind.IMPROVEMENT: ("✓", "green"),
    Kind.ADDED: ("+", ""),
    Kind.REMOVED: ("-", "yellow"),
}
_CONCLUSIONS = {
    Conclusion.REGRESSION: ("bold red", "❌"),
    Conclusion.UNPROVEN: ("bold magenta", "⚠️"),
    Conclusion.NO_REGRESSION: ("bold green", "✅"),
}
_IN_FULL = (Kind.REGRESSION, Kind.UNPROVEN)
SHOWN = 40
"""Changes of a kind in Markdown; GitHub takes 1 MiB a step."""


def print_diff(diff: Diff, console: Console) -> None:
    """Print the difference; whatever a controller answered is text and nothing else."""
    for line in _lines(diff):
        console.print(line, soft_wrap=True)


def _lines(diff: Diff) -> Iterator[Text]:
    yield Text(visible(f"OLD  {title(diff.old)}, {diff.old.cases} cases, {diff.old.started}", keep=""))
    yield Text(visible(f"NEW  {title(diff.new)}, {diff.new.cases} cases, {diff.new.started}", keep=""))
    for note in diff.notes:
        yield Text(visible(f"  {note}", keep=""), "yellow")
    for kind in Kind:
        for change in diff.of(kind):
            yield Text()
            yield from _change(change)
    yield Text()
    yield Text(_counts(diff))
    style, _ = _CONCLUSIONS[diff.conclusion]
    yield Text.assemble((diff.conclusion.value, style), f": {'; '.join(diff.why)}")


def _change(change: Change) -> Iterator[Text]:
    sign, style = _LOOKS[change.kind]
    yield Text.assemble(
        (f"{sign} {visible(change.id, keep='')}", style), f"  {change.level.value}  {change.kind.value}"
    )
    yield Text(visible(f"    {change.title}", keep=""))
    yield Text(visible(f"    {change.why}", keep=""))
    for probe in change.probes:
        yield Text(visible(f"    {_probe(probe)}", keep=""))
        if change.kind in _IN_FULL and change.new is not None:
            yield Text(visible(f"      {probe.curl}"), "cyan")


def _probe(probe: ProbeChange) -> str:
    saw, sees = _judged(probe)
    old, new = probe.old or "nothing", probe.new or "nothing"
    return f"{probe.id}: expected {probe.expected}; saw {old}{saw}, now {new}{sees}"


def _judged(probe: ProbeChange) -> tuple[str, str]:
    """Return what each report makes of the answer, if the answer does not tell them apart."""
    if probe.old_judged is None or probe.new_judged is None or probe.old != probe.new:
        return "", ""
    old, new = (
        ", ".join(word for word in (side.verdict, side.reason) if word) for side in (probe.old_judged, probe.new_judged)
    )
    return ("", "") if old == new else (f" ({old})", f" ({new})")


def _counts(diff: Diff) -> str:
    counts = [(kind.value, len(diff.of(kind))) for kind in Kind]
    return ", ".join(f"{word} {count}" for word, count in [*counts, ("unchanged", diff.unchanged)] if count)


def diff_markdown(diff: Diff) -> str:
    """Return the difference as Markdown, for a step summary or a comment."""
    return "\n".join(_markdown(diff)) + "\n"


def _markdown(diff: Diff) -> Iterator[str]:
    _, sign = _CONCLUSIONS[diff.conclusion]
    yield f"## {sign} Ingress conformance: {diff.conclusion.value}"
    yield ""
    yield f"{plain('; '.join(diff.why))}."
    yield ""
    yield row("", "controller", "cases", "started")
    yield row("---", "---", "---", "---")
    for run in (diff.old, diff.new):
        yield row(run.name, code(title(run)), str(run.cases), plain(run.started))
    yield ""
    for note in diff.notes:
        yield f"- {plain(note)}"
    yield ""
    yield f"{_counts(diff)}."
    for kind in Kind:
        found = diff.of(kind)
        if found:
            yield ""
            yield f"### {kind.value} ({len(found)})"
            yield ""
            for change in found[:SHOWN]:
                yield from _markdown_change(change)
        if len(found) > SHOWN:
            yield f"… and {len(found) - SHOWN} more."


def _markdown_change(change: Change) -> Iterator[str]:
    yield f"- **{code(change.id)}** {change.level.value}: {plain(change.why)}"
    for probe in change.probes[:3]:
        saw, sees = _judged(probe)
        yield (
            f"  - {code(probe.id)}: expected {code(probe.expected)}; saw {code(probe.old or 'nothing')}{saw}, "
            f"now {code(probe.new or 'nothing')}{sees}"
        )
        if change.kind in _IN_FULL and change.new is not None:
            yield ""
            yield from (f"    {line}" for line in block(probe.curl).split("\n"))
            yield ""
