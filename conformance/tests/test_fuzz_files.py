"""Spoiled copies of the real case files and catalogue entries: either they are read, or it is said what is wrong."""

import random
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.case.builtin import builtin_folder
from conformance.case.load import load_cases
from conformance.case.problems import CaseErrors
from conformance.case.source import NOT_CASES
from conformance.controllers.catalogue import FOLDER
from conformance.controllers.entry import Entry
from conformance.controllers.reading import EntryErrors, read_entry
from conformance.plan.planning import plan
from conformance.tests.mutations import spoiled, spoiled_text
from conformance.tests.plans import ground

CASES = {path.name: path.read_bytes() for path in builtin_folder().glob("*.yaml") if path.name not in NOT_CASES}
CASE_TREES = {name: yaml.safe_load(text) for name, text in CASES.items()}
ENTRIES = {path.name: path.read_bytes() for path in FOLDER.glob("*.yaml")}
ENTRY_TREES = {name: yaml.safe_load(text) for name, text in ENTRIES.items()}
DICE = st.randoms(use_true_random=False)


def written(content: bytes, read: Callable[[Path], Any]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "it.yaml"
        file.write_bytes(content)
        return read(file)


def dumped(tree: Any) -> bytes:
    return bytes(yaml.dump(tree, allow_unicode=True, sort_keys=False).encode("utf-8", "surrogatepass"))


def told(error: CaseErrors | EntryErrors, *files: str) -> None:
    """What is wrong must be said in a few words that name the file, and no terminal obeys them."""
    assert error.exit_status == 2
    assert error.problems
    for problem in error.problems:
        assert problem.message
        assert not files or problem.file.endswith(files)
        assert len(str(problem)) < 2000, str(problem)
        assert all(line.isprintable() for line in str(problem).split("\n"))


def read_cases(file: Path) -> None:
    try:
        cases = load_cases([file])
    except CaseErrors as error:
        told(error, file.name)
        return
    # What the checks let through must be fit to be planned, in both ways.
    for isolate in (False, True):
        assert plan(cases, ground(), isolate=isolate)


def read_one_entry(file: Path) -> None:
    try:
        assert isinstance(read_entry(file, FOLDER), Entry)
    except EntryErrors as error:
        # The file that a variant names may be wrong as well.
        told(error)


def some_cases(dice: random.Random) -> dict[str, Any]:
    """Return a file with one to three cases of a real one: small, so that what is spoiled is often near the case."""
    tree = CASE_TREES[dice.choice(sorted(CASE_TREES))]
    kept = {key: value for key, value in tree.items() if key not in {"cases", "tables"}}
    if tree.get("cases"):
        kept["cases"] = dice.sample(tree["cases"], min(len(tree["cases"]), dice.randint(1, 3)))
    if tree.get("tables") and (dice.random() < 0.3 or "cases" not in kept):
        table = dice.choice(tree["tables"])
        kept["tables"] = [{**table, "rows": dice.sample(table["rows"], min(3, len(table["rows"])))}]
    return kept


@settings(max_examples=150)
@given(DICE)
def test_a_case_file_with_spoiled_parts(dice: random.Random) -> None:
    written(dumped(spoiled(some_cases(dice), dice, dice.randint(1, 3))), read_cases)


@settings(max_examples=60)
@given(DICE)
def test_a_case_file_with_a_spoiled_text(dice: random.Random) -> None:
    written(spoiled_text(dumped(some_cases(dice)), dice, dice.randint(1, 3)), read_cases)


@settings(max_examples=20)
@given(DICE)
def test_a_whole_case_file_with_a_spoiled_text(dice: random.Random) -> None:
    written(spoiled_text(CASES[dice.choice(sorted(CASES))], dice), read_cases)


@settings(max_examples=150)
@given(DICE)
def test_an_entry_with_spoiled_parts(dice: random.Random) -> None:
    tree = ENTRY_TREES[dice.choice(sorted(ENTRY_TREES))]
    written(dumped(spoiled(tree, dice, dice.randint(1, 3))), read_one_entry)


@settings(max_examples=60)
@given(DICE)
def test_an_entry_with_a_spoiled_text(dice: random.Random) -> None:
    written(spoiled_text(ENTRIES[dice.choice(sorted(ENTRIES))], dice, dice.randint(1, 3)), read_one_entry)


BOMBS = {
    "aliases of aliases": "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)),
    "an anchor in itself": "a: &a [*a]\n",
    "many aliases of a large list": f"a: &a [{', '.join('x' * 1000)}]\n" + "".join(f"b{n}: *a\n" for n in range(5000)),
    "deep flow lists": "a: " + "[" * 200_000,
    "deep flow mappings": "a: " + "{x: " * 100_000,
    "deep block": "\n".join(" " * n + f"k{n}:" for n in range(1500)),
    "dashes on one line": "- " * 300_000 + "x",
    "question marks": "? " * 100_000,
    "many keys": "".join(f"k{n}: 1\n" for n in range(250_000)),
    "the same key often": "k: 1\n" * 250_000,
    "a long text": f"title: {'x' * 3_000_000}\n",
    "long digits": f"title: {'1' * 3_000_000}\n",
    "many anchors": "".join(f"k{n}: &a{n} 1\n" for n in range(100_000)),
    "many merge keys": "<<: {a: 1}\n" * 50_000,
    "many tags": "".join(f"k{n}: !t{n} 1\n" for n in range(50_000)),
    "many documents": "--- a\n" * 300_000,
    "quotes that never end": 'a: "' + "\\x" * 500_000,
    "a comment": "#" * 3_000_000,
    "many unknown keys of a case": "section: s\ntitle: A title\nspec: https://x.test/\ncases:\n- name: n\n"
    + "".join(f"  k{n}: 1\n" for n in range(60_000)),
    "many wrong cases": "section: s\ntitle: A title\nspec: https://x.test/\ncases:\n" + "- {nam: 1}\n" * 50_000,
    "many levels that are none": "section: s\ntitle: A title\nspec: https://x.test/\ncases:\n"
    + "- {name: n, level: corre, title: x, statements: P01}\n" * 20_000,
}


@pytest.mark.parametrize("read", [read_cases, read_one_entry])
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_file_made_to_take_for_ever_takes_seconds_and_little_memory(bomb: str, read: Callable[[Path], None]) -> None:
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    written(bomb.encode(), read)
    assert time.process_time() - began < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000
