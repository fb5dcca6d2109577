"""Parts of an entry in files of their own: they mean what they would mean in the entry, and are checked there."""

from pathlib import Path
from typing import Any

import pytest

from conformance.controllers.catalogue import FOLDER, catalogue, find
from conformance.controllers.command import process_of
from conformance.tests.entries import OWN, refused

RBAC = "[{apiGroups: [''], resources: [services], verbs: [list]}]"
OBJECTS = (
    "[{apiVersion: v1, kind: Service, metadata: &it {name: x}, spec: {}}, {apiVersion: v1, kind: Pod, metadata: *it}]"
)
ENV = '{A: "{address}", B: "1"}'
PATHS = "  rbac: parts/rbac.yaml\n  objects: parts/objects.yaml\n  env: parts/env.yaml\n"


@pytest.fixture
def parts(write: Any) -> None:
    """The three files beside an entry."""
    for name, text in (("rbac", RBAC), ("objects", OBJECTS), ("env", ENV)):
        write(f"# Why.\n{text}\n", f"parts/{name}.yaml")


@pytest.mark.usefixtures("parts")
def test_they_mean_what_they_would_mean_in_the_entry(write: Any) -> None:
    whole = find(write(f"{OWN}  rbac: {RBAC}\n  objects: {OBJECTS}\n  env: {ENV}\n"))
    assert find(write(OWN + PATHS)) == whole
    assert process_of(whole).rbac[0].resources == ("services",)


@pytest.mark.usefixtures("parts")
def test_a_variant_takes_those_of_the_other_entry_or_names_its_own(write: Any) -> None:
    write(OWN + PATHS, "there/mine.yaml")
    for path in list(Path("parts").iterdir()):
        write(path.read_text(), f"there/{path}")
    write('C: "2"\n', "parts/env.yaml")
    text = "variant-of: there/mine.yaml\nname: v\ndescription: D.\nprocess: {env: parts/env.yaml}\n"
    process = process_of(find(write(text, "v.yaml")))
    assert process.env == {"A": "{address}", "B": "1", "C": "2"}
    assert len(process.objects) == 2


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize(
    ("name", "text", "place", "words"),
    [
        ("env", "A: '{adress}'\n", "1:4", "{adress} stands for nothing"),
        ("env", "A=B: x\n", "1:6", "a variable cannot be called 'A=B'"),
        ("env", "\nA: 1\n", "2:4", "put it in quotes"),
        ("env", "[A]", "1:1", "env must be a mapping, not a list"),
        ("objects", "- {apiVersion: v1, kind: X, metadata: {name: x}}\n- {kind: X}\n", "2:3", "no apiVersion"),
        ("objects", "kind: X\n---\nkind: Y\n", "2:1", "write a list, each item behind a dash"),
        ("rbac", "- verbs: [get]\n  resource: [x]\n", "2:3", "did you mean resource"),
        ("rbac", "- verbs: []\n", "1:10", "verbs is empty"),
        ("rbac", "parts/env.yaml\n", "1:1", "rbac must be a list, not text"),
        ("rbac", "~\n", "1:1", "rbac must be a list, not nothing"),
        ("rbac", "", "1:1", "it holds what would stand in the entry"),
        ("rbac", "- [\n", "2:1", "not YAML"),
    ],
)
def test_what_is_wrong_is_said_of_their_own_file(write: Any, name: str, text: str, place: str, words: str) -> None:
    write(text, f"parts/{name}.yaml")
    said = refused(write(OWN + PATHS))
    assert f"parts/{name}.yaml:{place}: " in said
    assert words in said


@pytest.mark.parametrize("path", ["none.yaml", ".", "", "a\\0b", "/dev/null"])
def test_a_path_that_leads_to_no_part(write: Any, path: str) -> None:
    said = refused(write(f'{OWN}  rbac: "{path}"\n'))
    assert "mine.yaml:13:9: " in said
    assert "copy what it names as well" in said


def test_each_file_of_the_catalogue_is_named_by_an_entry() -> None:
    texts = "".join((FOLDER / f"{entry.name}.yaml").read_text() for entry in catalogue())
    for folder in ("parts", "templates", "installations"):
        for path in (FOLDER / folder).iterdir():
            assert f"{folder}/{path.name}" in texts
