"""From documents to Ingresses in the form of networking.k8s.io/v1; every list is opened, other kinds are counted."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.case.matching import items, mapping
from conformance.case.naming import Wrong, check_annotations, check_name, shown
from conformance.case.validity import check_spec
from conformance.case.yaml_tree import Path
from conformance.migrate.annotations import known_annotations
from conformance.migrate.conversion import OLD_VERSIONS, VERSION, as_v1
from conformance.migrate.documents import Document, documents, placeholder, template_trouble
from conformance.migrate.found import Found, Origin, Reading, Trouble
from conformance.migrate.sources import texts

MOST_BYTES = 1_500_000
"""What an API server stores of one object (the limit of etcd's requests)."""

_DEEPEST_LIST = 3


def read(paths: Iterable[str]) -> Reading:
    """Return the Ingresses of files, folders and standard input, and what is wrong with the rest."""
    found: list[Found | Trouble | None] = []
    for text in texts(paths):
        if isinstance(text, Trouble):
            found.append(text)
            continue
        for document in documents(text):
            found += [document] if isinstance(document, Trouble) else ingresses(document)
    return reading_of(found)


def reading_of(found: Iterable[Found | Trouble | None]) -> Reading:
    """Return what was found, each object once; ``None`` stands for an object of another kind."""
    known: dict[str, Found] = {}
    troubles: list[Trouble] = []
    others = 0
    for one in found:
        if one is None:
            others += 1
        elif isinstance(one, Trouble):
            troubles.append(one)
        elif one.label in known:
            first = known[one.label].origin
            hint = f"the first is judged: {first}"
            if (known[one.label].spec, known[one.label].annotations) != (one.spec, one.annotations):
                troubles.append(Trouble(one.origin, "twice", f"another Ingress {one.label} was read before", hint))
        else:
            known[one.label] = one
    return Reading(tuple(known.values()), tuple(troubles), others)


def ingresses(document: Document, depth: int = 0) -> Iterator[Found | Trouble | None]:
    """Yield the Ingresses of a document, ``None`` for each object of another kind, and what is wrong with others."""
    value = document.value
    if isinstance(value, list):
        value = {"kind": "List", "items": value}
    if not isinstance(value, Mapping):
        yield Trouble(document.origin, "other", "is no Kubernetes object")
        return
    kind = str(value.get("kind") or "")
    if kind.endswith("List") and "items" in value and depth < _DEEPEST_LIST:
        # Items of a typed list say neither kind nor version.
        inherited = {"kind": kind.removesuffix("List"), "apiVersion": value.get("apiVersion")}
        for number, item in enumerate(items(value["items"])):
            whole = {**inherited, **item} if kind != "List" and isinstance(item, Mapping) else item
            here = (number,) if isinstance(document.value, list) else ("items", number)
            yield from ingresses(document.part(here, whole), depth + 1)
        return
    version = str(value.get("apiVersion") or "")
    if kind == "Ingress" and placeholder(version):
        yield template_trouble(document.at(("apiVersion",)), f"Ingress, apiVersion holds {placeholder(version)[:60]}")
        return
    if kind != "Ingress" or version.partition("/")[0] not in {"networking.k8s.io", "extensions"}:
        yield None
        return
    meta = mapping(value.get("metadata"))
    label = f"Ingress {meta.get('namespace') or 'default'}/{meta.get('name') or '?'}"[:128]
    if (left := _unrendered(value, document.origin)) is not None:
        at, text = left
        yield template_trouble(document.at(at), f"{label}, {shown(at)} holds {text[:60]}")
        return
    try:
        yield _ingress(value, version, document.origin)
    except Wrong as wrong:
        yield Trouble(document.at(wrong.at), "invalid", f"{label}: {wrong.message}", wrong.hint)


def _unrendered(value: Mapping[str, Any], origin: Origin) -> tuple[Path, str] | None:
    """Return the first placeholder of a template in what the suite reads of an Ingress, and where it is.

    What an API server has taken is as it is meant to be, and so is what others read of it.
    """
    if origin.applied:
        return None
    meta = mapping(value.get("metadata"))
    named = {key: meta.get(key) for key in ("name", "namespace")}
    for at, text in (*_texts(named, ("metadata",)), *_texts(value.get("spec"), ("spec",))):
        if found := placeholder(text):
            return at, found
    for key, text in mapping(meta.get("annotations")).items():
        found = placeholder(str(key)) or (placeholder(text, free=True) if isinstance(text, str) else "")
        if found and not known_annotations().for_others(str(key)):
            return ("metadata", "annotations", str(key)), found
    return None


def _ingress(value: Mapping[str, Any], version: str, origin: Origin) -> Found:
    if version not in {VERSION, *OLD_VERSIONS}:
        raise Wrong(f"its apiVersion {version[:60]!r} is none that is known", f"write it as {VERSION}", ("apiVersion",))
    meta = mapping(value.get("metadata"))
    name, namespace = _name(meta, "name"), _name(meta, "namespace", "default", label=True)
    # An API server takes nothing for an empty text.
    annotations = {key: "" if text is None else text for key, text in mapping(meta.get("annotations")).items()}
    for key, text in annotations.items():
        if not isinstance(text, str):
            at = ("metadata", "annotations", str(key))
            raise Wrong(f"the annotation {key} is not text but {text!r:.40}", "put its value in quotes", at)
    spec = value.get("spec")
    if not isinstance(spec, Mapping) or not spec:
        raise Wrong("it has no spec")
    try:
        size = len(json.dumps(value, default=str))
    except (ValueError, RecursionError) as error:
        raise Wrong("it is nested too deeply, or refers to itself") from error
    if size > MOST_BYTES:
        raise Wrong(f"it has {size / 1e6:.1f} MB, more than an API server stores", "split it")
    check_annotations(annotations)
    converted = as_v1(spec) if version in OLD_VERSIONS else spec
    check_spec(converted)
    return Found(origin, namespace, name, _plain(converted), annotations, version if version != VERSION else "")


def _name(holder: Mapping[str, Any], key: str, default: str = "", *, label: bool = False) -> str:
    value = holder.get(key) or default
    if not isinstance(value, str) or not value:
        raise Wrong(f"metadata.{key} is missing" if not value else f"metadata.{key} is not text", at=("metadata", key))
    check_name(value, ("metadata", key), label=label)
    return value


def _plain(spec: Mapping[str, Any]) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(spec, default=str))
    return copied


def _texts(value: object, at: Path, depth: int = 12) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield at, value
    elif depth and isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, (*at, str(key)), depth - 1)
    elif depth and isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, (*at, number), depth - 1)
