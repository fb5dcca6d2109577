"""Manifests as people have them: streams, lists, old versions, templates, and things that are broken."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from conformance.migrate import documents as documents_module
from conformance.migrate.objects import read
from conformance.tests.migrations import ingress, read_text

GOOD = yaml.safe_dump(ingress("good"))


def labels(text: str) -> list[str]:
    return [one.label for one in read_text(text).ingresses]


def test_a_stream_with_other_kinds_in_between() -> None:
    reading = read_text(f"---\n{GOOD}---\nkind: Service\nmetadata: {{name: x}}\n---\n# nothing\n---\n")
    assert [one.label for one in reading.ingresses] == ["shop/good"]
    assert reading.others == 1
    assert not reading.troubles


@pytest.mark.parametrize("kind", ["List", "IngressList"])
def test_lists_are_opened_whatever_else_they_hold(kind: str) -> None:
    item = ingress("in-a-list")
    if kind == "IngressList":
        del item["kind"], item["apiVersion"]
    whole = {"kind": kind, "apiVersion": "networking.k8s.io/v1" if kind != "List" else "v1", "items": [item]}
    assert labels(json.dumps(whole)) == ["shop/in-a-list"]
    assert labels(yaml.safe_dump(whole)) == ["shop/in-a-list"]
    nested = {"kind": "List", "items": [whole, {"kind": "ConfigMap"}]}
    assert labels(json.dumps(nested)) == ["shop/in-a-list"]


@pytest.mark.parametrize("version", ["extensions/v1beta1", "networking.k8s.io/v1beta1"])
def test_the_older_form_becomes_the_newer_one(version: str) -> None:
    old = {
        "apiVersion": version,
        "kind": "Ingress",
        "metadata": {"name": "old"},
        "spec": {
            "backend": {"serviceName": "fallback", "servicePort": "http"},
            "rules": [
                {"host": "a.example", "http": {"paths": [{"backend": {"serviceName": "web", "servicePort": "80"}}]}}
            ],
        },
    }
    (found,) = read_text(yaml.safe_dump(old)).ingresses
    assert found.converted == version
    assert found.namespace == "default"
    assert found.spec["defaultBackend"] == {"service": {"name": "fallback", "port": {"name": "http"}}}
    path = found.spec["rules"][0]["http"]["paths"][0]
    assert path == {
        "pathType": "ImplementationSpecific",
        "backend": {"service": {"name": "web", "port": {"number": 80}}},
    }


def test_a_template_is_named_with_its_line_and_the_rest_goes_on() -> None:
    text = f"{GOOD}---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: {{{{ .Release.Name }}}}\n"
    reading = read_text(text)
    (trouble,) = reading.troubles
    assert [one.label for one in reading.ingresses] == ["shop/good"]
    assert trouble.kind == "template"
    assert trouble.origin.document == 2
    assert text.splitlines()[trouble.origin.line - 1].strip() == "name: {{ .Release.Name }}"
    assert "helm template" in trouble.hint


def test_a_template_that_happens_to_be_yaml_is_one_all_the_same() -> None:
    (trouble,) = read_text(yaml.safe_dump(ingress("x", host="{{ .Values.host }}"))).troubles
    assert trouble.kind == "template"


def test_what_helm_says_of_a_document_is_part_of_its_place() -> None:
    (found,) = read_text(f"---\n# Source: shop/templates/ingress.yaml\n{GOOD}").ingresses
    assert "shop/templates/ingress.yaml" in str(found.origin)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: m.pop("spec"), "no spec"),
        (lambda m: m["metadata"].pop("name"), "metadata.name is missing"),
        (lambda m: m["metadata"]["annotations"].update(x=True), "not text"),
        (lambda m: m["spec"]["rules"][0]["http"]["paths"][0].pop("pathType"), "pathType"),
        (lambda m: m["spec"]["rules"][0]["http"]["paths"][0].update(path="cart"), "must begin with a slash"),
        (lambda m: m["spec"]["rules"][0]["http"]["paths"][0].update(backend={}), "names no Service"),
        (lambda m: m["spec"].update(rules={}), "spec.rules is no list"),
        (lambda m: m["spec"]["rules"][0].update(host=["x"]), "host that is text"),
        (lambda m: m.update(apiVersion="networking.k8s.io/v2"), "apiVersion"),
        (lambda m: m["metadata"]["annotations"].update(x="y" * 1_600_000), "more than an API server stores"),
    ],
)
def test_an_invalid_object_is_told_with_its_name_and_others_are_read(change: Any, said: str) -> None:
    bad = ingress("bad")
    change(bad)
    reading = read_text(json.dumps({"kind": "List", "items": [bad, ingress("good")]}))
    assert [one.label for one in reading.ingresses] == ["shop/good"]
    (trouble,) = reading.troubles
    assert trouble.kind == "invalid"
    assert said in trouble.message
    assert trouble.hint


def test_broken_yaml_is_told_with_its_line_in_the_file() -> None:
    text = f"{GOOD}---\nkind: Ingress\nmetadata:\n\tname: x\n---\n{GOOD.replace('good', 'later')}"
    reading = read_text(text)
    assert [one.label for one in reading.ingresses] == ["shop/good", "shop/later"]
    (trouble,) = reading.troubles
    assert text.splitlines()[trouble.origin.line - 1] == "\tname: x"


def test_the_same_object_twice_is_one_and_another_of_its_name_is_told() -> None:
    assert labels(f"{GOOD}---\n{GOOD}") == ["shop/good"]
    other = yaml.safe_dump(ingress("good", path="/elsewhere"))
    (trouble,) = read_text(f"{GOOD}---\n{other}").troubles
    assert trouble.kind == "twice"


def test_an_ingress_of_another_project_is_another_kind() -> None:
    reading = read_text("apiVersion: config.openshift.io/v1\nkind: Ingress\nmetadata: {name: cluster}\n")
    assert reading.others == 1
    assert not reading.troubles


def test_aliases_cannot_grow_without_end() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8)
    )
    (trouble,) = read_text(f"kind: Ingress\n{bomb}").troubles
    assert "aliases" in trouble.message


def test_a_large_list_takes_the_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents_module, "PLACED", 100)
    assert labels(yaml.safe_dump({"kind": "List", "items": [ingress("one"), ingress("two")]})) == [
        "shop/one",
        "shop/two",
    ]
    (trouble,) = read_text(f"kind: Ingress\nx: &x [1]\ny: *x\n{'# ' * 100}\n").troubles
    assert "aliases" in trouble.message


def test_folders_files_and_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "deep" / "one.yml").write_text(GOOD)
    (tmp_path / ".git" / "no.yaml").write_text(yaml.safe_dump(ingress("hidden")))
    (tmp_path / "two.json").write_text(json.dumps(ingress("two")))
    (tmp_path / "binary.yaml").write_bytes(b"kind: \xff")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(yaml.safe_dump(ingress("three")).encode())))
    reading = read([str(tmp_path), str(tmp_path / "two.json"), "-"])
    assert sorted(one.name for one in reading.ingresses) == ["good", "three", "two"]
    assert [trouble.kind for trouble in reading.troubles] == ["unreadable"]


def test_what_is_not_there_or_empty_is_told(tmp_path: Path) -> None:
    kinds = [trouble.kind for trouble in read([str(tmp_path), str(tmp_path / "none.yaml")]).troubles]
    assert kinds == ["empty", "unreadable"]


@given(st.text())
def test_no_text_is_too_much(text: str) -> None:
    read_text(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)
    )
)
def test_no_spec_is_too_much(spec: Any) -> None:
    whole = {**ingress("odd"), "spec": spec}
    reading = read_text(json.dumps({"kind": "List", "items": [whole, ingress("good")]}))
    assert "shop/good" in [one.label for one in reading.ingresses]
    assert len(reading.ingresses) + len(reading.troubles) == 2


@given(
    st.lists(st.sampled_from([GOOD, "kind: Service\n", "# only a comment\n", "a: [\n", "\tx\n", "{}\n"]), max_size=6)
)
def test_what_stands_around_an_object_changes_nothing(around: list[str]) -> None:
    text = "---\n".join([*around, yaml.safe_dump(ingress("mine")), *around])
    assert "shop/mine" in labels(text)
