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
from conformance.migrate.documents import Document
from conformance.migrate.objects import read
from conformance.migrate.sources import Text
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


@pytest.mark.parametrize(
    "word", ["on", "Off", "yes", "NO", "y", "true", "8", "1.5", "~", "12:30", "2026-01-01", "0x1F", "017", "1_0"]
)
def test_what_a_word_without_quotes_is_does_not_hang_on_how_large_the_document_is(
    monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    text = yaml.safe_dump(ingress("good", ssl_redirect="WORD")).replace("WORD", word) + f"{word}: {{{word}: {word}}}\n"
    small = [one.value for one in documents_module.documents(Text("x", text)) if isinstance(one, Document)]
    said = [(trouble.kind, trouble.message) for trouble in read_text(text).troubles]
    monkeypatch.setattr(documents_module, "PLACED", 100)
    large = [one.value for one in documents_module.documents(Text("x", text)) if isinstance(one, Document)]
    assert small == large
    assert [(trouble.kind, trouble.message) for trouble in read_text(text).troubles] == said
    # As an API server has it, which then takes no more than text, or nothing.
    assert bool(said) is (word not in {"12:30", "2026-01-01", "~"})


@pytest.mark.parametrize(("written", "port"), [("010", 8), ("0x50", 80), ("8_080", 8080), ("089", 89), ("0b11", 3)])
def test_numbers_are_those_of_an_api_server(written: str, port: int) -> None:
    (found,) = read_text(GOOD.replace("number: 80", f"number: {written}")).ingresses
    assert found.spec["rules"][0]["http"]["paths"][0]["backend"]["service"]["port"]["number"] == port


def test_an_annotation_that_says_nothing_is_an_empty_text() -> None:
    (found,) = read_text(GOOD.replace("annotations: {}", "annotations: {x: }")).ingresses
    assert found.annotations == {"x": ""}


@pytest.mark.parametrize("placed", [100, documents_module.PLACED])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: Ingress\na: 1\na: 2\n", "is there twice"),
        ("kind: Ingress\n[a]: 1\n", "a list or mapping cannot be a key"),
        ("kind: Ingress\na: !!int 1\n", "tag"),
    ],
)
def test_what_cannot_be_read_cannot_be_read_in_a_large_document_either(
    monkeypatch: pytest.MonkeyPatch, text: str, said: str, placed: int
) -> None:
    monkeypatch.setattr(documents_module, "PLACED", placed)
    (trouble,) = read_text(f"{text}{'# ' * 100}\n").troubles
    assert said in trouble.message


def test_merge_keys_are_read_as_kubectl_reads_them() -> None:
    text = """
x: &old {host: old.example, name: web}
y: &new {host: new.example}
kind: List
items:
- {<<: *old, host: own.example}
- {host: own.example, <<: *old}
- {<<: [*new, *old]}
"""
    (document,) = documents_module.documents(Text("x", text))
    assert isinstance(document, Document)
    assert [item["host"] for item in document.value["items"]] == ["own.example", "own.example", "new.example"]
    assert [item["name"] for item in document.value["items"]] == ["web"] * 3
    assert document.at(("items", 2, "name")).line == 2
    (trouble,) = read_text("kind: Ingress\n<<: x\n").troubles
    assert "is no mapping" in trouble.message


def test_a_merge_key_in_a_large_document_is_read_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents_module, "PLACED", 100)
    (document,) = documents_module.documents(Text("x", f"a: {{<<: {{b: 1, c: 1}}, b: 2}}\n{'# ' * 100}"))
    assert isinstance(document, Document)
    assert document.value == {"a": {"b": 2, "c": 1}}


def test_json_objects_one_after_another_are_documents_with_lines_of_their_own() -> None:
    one, bad, two = ingress("one"), ingress("bad", host="a b"), ingress("two")
    text = f"{json.dumps(one, indent=1)}\n{json.dumps(bad)}\n\n{json.dumps(two)}"
    reading = read_text(text)
    assert [found.name for found in reading.ingresses] == ["one", "two"]
    assert [found.origin.document for found in reading.ingresses] == [1, 3]
    (trouble,) = reading.troubles
    assert text.splitlines()[trouble.origin.line - 1] == json.dumps(bad)
    broken = read_text(f"{json.dumps(one)}\n{GOOD[:0]}---\n{GOOD}---\n{json.dumps(two)[:-1]}")
    assert [found.name for found in broken.ingresses] == ["one", "good"]
    assert [(trouble.origin.document, trouble.origin.line > 10) for trouble in broken.troubles] == [(3, True)]


@pytest.mark.parametrize("left", ["{% if tls %}", "{%- for host in hosts -%}"])
def test_a_template_of_jinja_is_one(left: str) -> None:
    text = f"{left}\n{GOOD}{{% end %}}\n---\n{yaml.safe_dump(ingress('later'))}"
    reading = read_text(text)
    (trouble,) = reading.troubles
    assert [found.name for found in reading.ingresses] == ["later"]
    assert trouble.kind == "template"
    assert trouble.origin.line == 1
    assert left in trouble.message
    assert "render it first" in trouble.hint
    assert "helm" not in trouble.hint


def test_a_statement_of_jinja_in_a_value_is_left_of_a_template_and_other_braces_are_not() -> None:
    snippet = "{% if tls %}return 403;{% endif %}"
    (trouble,) = read_text(yaml.safe_dump(ingress(configuration_snippet=snippet))).troubles
    assert trouble.kind == "template"
    assert not read_text(yaml.safe_dump(ingress(configuration_snippet="set $x '{%}{% 5 %}';"))).troubles
    (trouble,) = read_text(yaml.safe_dump(ingress(host="{% raw %}"))).troubles
    assert trouble.kind == "template"


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
