"""Badges as SVG pictures, for pages that ask no other server: one for each report and level."""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from conformance.export.shields import endpoint
from conformance.export.sources import Source

HEIGHT = 20
_LETTER, _MARGIN = 6.6, 12.0
_COLOURS = {"brightgreen": "#2e7d32", "yellow": "#8d6e00", "red": "#c62828", "blue": "#1565c0", "lightgrey": "#616161"}
"""Dark enough for white letters (WCAG 2.2, contrast of at least 4.5 to 1)."""


def badges(sources: Sequence[Source]) -> Iterator[tuple[str, str]]:
    """Yield file names and pictures."""
    for source in sources:
        for at in source.standings():
            made = endpoint(source, at)
            yield f"{source.name}-{at.level.value}.svg", badge(made.label, made.message, _COLOURS[made.color])


def badge(label: str, message: str, colour: str) -> str:
    """Return a flat badge: the label on grey, the message on a colour."""
    left, right = _width(label), _width(message)
    width, said = left + right, f"{label}: {message}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{HEIGHT}" role="img"'
        f" aria-label={quoteattr(said)}>\n"
        f"  <title>{escape(said)}</title>\n"
        f'  <rect width="{width:g}" height="{HEIGHT}" rx="3" fill="#424242"/>\n'
        f'  <path d="M{left:g} 0h{right - 3:g}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{right - 3:g}z" fill="{colour}"/>\n'
        '  <g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">\n'
        f"    {_text(label, left / 2, left)}\n"
        f"    {_text(message, left + right / 2, right)}\n"
        "  </g>\n"
        "</svg>\n"
    )


def _width(text: str) -> float:
    return round(len(text) * _LETTER + _MARGIN, 1)


def _text(text: str, middle: float, room: float) -> str:
    # The length is fixed, so that the text fits whatever font the reader has.
    return f'<text x="{middle:g}" y="14" textLength="{room - _MARGIN:.1f}">{escape(text)}</text>'
