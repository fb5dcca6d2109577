"""The colours of the pages, read from their sheet, are far enough apart to be seen.

Source: https://www.w3.org/TR/WCAG22/ (1.4.3 for text, 1.4.11 for borders of what can be filled in or pressed).
"""

import re
from importlib import resources

import pytest

SHEET = resources.files("conformance.site").joinpath("assets/site.css").read_text(encoding="utf-8")
COLOURS = dict(re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}, #[0-9a-f]{6})\)", SHEET))
TEXT = ("ink", "soft", "link", "pass", "fail", "claim", "error", "seen")


def luminance(colour: str) -> float:
    linear = []
    for start in (1, 3, 5):
        value = int(colour[start : start + 2], 16) / 255
        linear.append(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted(map(luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_as_far_as_can_be() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == 1


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("name", "ground", "least"),
    [
        *((name, ground, 4.5) for name in TEXT for ground in ("paper", "raised")),
        *((name, f"{name}-bg", 4.5) for name in ("fail", "claim", "error", "seen")),
        *(("field", ground, 3.0) for ground in ("paper", "raised")),
    ],
)
def test_a_colour_stands_out_from_its_ground(theme: int, name: str, ground: str, least: float) -> None:
    ours, behind = (COLOURS[key].split(", ")[theme] for key in (name, ground))
    assert contrast(ours, behind) >= least


def test_fields_and_buttons_have_the_border_that_can_be_seen() -> None:
    rules = re.findall(r"^\s*([^{}@/]*\b(?:button|input|select)\b[^{}]*)\{([^}]*)\}", SHEET, re.MULTILINE)
    borders = {border for _, rule in rules for border in re.findall(r"border(?:-color)?: ([^;]*)", rule)}
    drawn = {border for border in borders if border not in {"0", "none"} and "ink" not in border}
    assert drawn
    assert all("field" in border or "soft" in border for border in drawn)
