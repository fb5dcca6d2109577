"""Whatever bytes a case file holds: cases, or a BadInput that can be printed. Never anything else."""

import tempfile
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.case.builtin import builtin_folder
from conformance.case.load import load_cases, parse_cases
from conformance.case.model import Case
from conformance.case.selection import compiled
from conformance.errors import BadInput

SOURCES = [(builtin_folder() / name).read_text() for name in ("backends.yaml", "hosts.yaml")]
SMALL = [yaml.safe_load(SOURCES[0])["cases"][index] for index in (0, 4, 19)]
TABLE = {
    "title": "A table",
    "level": "core",
    "columns": ["name", "statement", "paths", "requests", "expect", "title"],
    "rows": [["x", "P01", ["Prefix /"], ["/", "/a"], "a", "One sentence"]],
}
FILE = {"section": "s", "title": "A title", "spec": "https://example.org/", "cases": SMALL, "tables": [TABLE]}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.sampled_from(["a", "no match"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def shown(error: BadInput) -> BadInput:
    assert str(error)
    return error


def outcome(content: bytes) -> tuple[Case, ...] | BadInput:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "it.yaml"
        file.write_bytes(content)
        try:
            cases = load_cases([file])
        except BadInput as error:
            return shown(error)
        assert all(isinstance(case, Case) for case in cases)
        return cases


@given(st.binary(max_size=400))
def test_any_bytes(content: Any) -> None:
    outcome(content)


@given(st.text(max_size=400))
def test_any_text(content: Any) -> None:
    outcome(content.encode(errors="replace"))


@given(st.text(alphabet="-:,[]{}&*!|>'\"%@`#?<\t\n\r ab1~.=", max_size=200))
def test_any_text_that_looks_like_yaml(content: Any) -> None:
    outcome(content.encode())


@settings(max_examples=60)
@given(st.sampled_from(SOURCES), st.data())
def test_a_good_file_with_a_piece_cut_out_doubled_or_replaced(source: str, data: Any) -> None:
    start = data.draw(st.integers(0, len(source)))
    end = min(len(source), start + data.draw(st.integers(0, 40)))
    piece = data.draw(st.sampled_from(["", source[start:end] * 2]) | st.text(max_size=8))
    outcome((source[:start] + piece + source[end:]).encode(errors="replace"))


@given(st.data())
def test_a_good_file_with_any_part_replaced_by_any_value(data: Any) -> None:
    made = yaml.safe_load(yaml.safe_dump(FILE))
    holder: Any = made
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = data.draw(st.sampled_from(keys))
        inner = holder[key]
        if not isinstance(inner, (dict, list)) or not inner or data.draw(st.booleans()):
            break
        holder = inner
    if data.draw(st.booleans()) and isinstance(holder, dict):
        holder[data.draw(st.text(max_size=8))] = holder.pop(key)
    else:
        holder[key] = data.draw(VALUES)
    outcome(yaml.safe_dump(made).encode())


def test_the_file_that_is_mutated_is_good() -> None:
    assert not isinstance(found := outcome(yaml.safe_dump(FILE).encode()), BadInput), found


@given(st.text(max_size=60), st.text(max_size=20))
def test_parsing_alone_never_fails(text: str, file: str) -> None:
    for found in parse_cases(text.encode(errors="replace").decode(), file):
        assert found is not None


@given(st.text(max_size=40) | st.lists(st.sampled_from(["and", "or", "not", "(", ")", "a", "b/c"])).map(" ".join))
def test_any_expression(expression: str) -> None:
    try:
        meaning = compiled(expression)
    except BadInput as error:
        shown(error)
    else:
        assert isinstance(meaning(("a", "x")), bool)
