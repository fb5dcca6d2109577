"""The expressions of -k."""

import pytest

from conformance.case.selection import compiled
from conformance.errors import BadInput

WORDS = ("path-types/exact-itself", "p02", "core")


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("", True),
        ("  ", True),
        ("exact", True),
        ("EXACT", True),
        ("P02", True),
        ("path-types/", True),
        ("prefix", False),
        ("not prefix", True),
        ("not not exact", True),
        ("exact and prefix", False),
        ("exact or prefix", True),
        ("prefix or exact and core", True),
        ("(prefix or exact) and not core", False),
        ("not (prefix or hosts)", True),
        ("NOT prefix", True),
    ],
)
def test_expressions(expression: str, fits: bool) -> None:
    assert compiled(expression)(WORDS) is fits


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("and", "expected a word, not, or an opening parenthesis at character 1 of 'and'"),
        ("a and", "expected a word, not, or an opening parenthesis at character 6 of"),
        ("a b", "expected and, or, or the end at character 3"),
        ("(a", "expected a closing parenthesis at character 3"),
        ("a)", "expected and, or, or the end at character 2"),
        ("()", "expected a word, not, or an opening parenthesis at character 2"),
        ("a and  ?", "expected a word at character 8"),
        ("(" * 60, "more than 50 parentheses"),
        ("not " * 5000, "expected a word"),
    ],
)
def test_expressions_that_cannot_be_understood(expression: str, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        compiled(expression)
    assert message in str(caught.value)
