"""From documents to Ingresses in the form of networking.k8s.io/v1; every list is opened, other kinds are counted."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.case.matching import items, mapping
from conformance.migrate.conversion import OLD_VERSIONS, VERSION, as_v1
from conformance.migrate.documents import Document, documents, is_template, template_trouble
from conformance.migrate.found import PATH_TYPES, Found, Origin, Reading, Trouble
from conformance.migrate.sources import texts

MOST_BYTES = 1_500_000
"""What an API server stores of one object (the limit of etcd's requests)."""

_DEEPEST_LIST = 3
_HINT = "kubectl apply --dry-run=server -f FILE says more"


class _Wrong(ValueError):
    def __init__(self, message: str, hint: str = _HINT) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


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
        for item in items(value["items"]):
            whole = {**inherited, **item} if kind != "List" and isinstance(item, Mapping) else item
            yield from ingresses(Document(document.origin, whole), depth + 1)
        return
    version = str(value.get("apiVersion") or "")
    if kind != "Ingress" or version.partition("/")[0] not in {"networking.k8s.io", "extensions"}:
        yield None
        return
    try:
        yield _ingress(value, version, document.origin)
    except _Wrong as wrong:
        meta = mapping(value.get("metadata"))
        yield _trouble(wrong, document.origin, f"{meta.get('namespace') or 'default'}/{meta.get('name') or '?'}", value)


def _trouble(wrong: _Wrong, origin: Origin, label: str, value: Mapping[str, Any]) -> Trouble:
    if any(is_template(text) for text in _texts(value)):
        return template_trouble(origin, f"Ingress {label[:120]}")
    return Trouble(origin, "invalid", f"Ingress {label[:120]}: {wrong.message}", wrong.hint)


def _ingress(value: Mapping[str, Any], version: str, origin: Origin) -> Found:
    if version not in {VERSION, *OLD_VERSIONS}:
        raise _Wrong(f"its apiVersion {version[:60]!r} is none that is known", f"write it as {VERSION}")
    meta = mapping(value.get("metadata"))
    name, namespace = _text(meta, "name"), _text(meta, "namespace", "default")
    annotations = mapping(meta.get("annotations"))
    for key, text in annotations.items():
        if not isinstance(text, str):
            raise _Wrong(f"the annotation {key} is not text but {text!r:.40}", "put its value in quotes")
    spec = value.get("spec")
    if not isinstance(spec, Mapping) or not spec:
        raise _Wrong("it has no spec")
    try:
        size = len(json.dumps(value, default=str))
    except (ValueError, RecursionError) as error:
        raise _Wrong("it is nested too deeply, or refers to itself") from error
    if size > MOST_BYTES:
        raise _Wrong(f"it has {size / 1e6:.1f} MB, more than an API server stores", "split it")
    converted = as_v1(spec) if version in OLD_VERSIONS else spec
    _check(converted)
    return Found(origin, namespace, name, _plain(converted), dict(annotations), version if version != VERSION else "")


def _check(spec: Mapping[str, Any]) -> None:
    """Refuse what no API server would take, as far as the suite must understand the object."""
    if spec.get("defaultBackend") is not None:
        _backend(spec["defaultBackend"], "spec.defaultBackend")
    for r, rule in enumerate(_list(spec, "rules", "spec.rules")):
        where = f"spec.rules[{r}]"
        host = mapping(rule).get("host")
        if not isinstance(rule, Mapping) or not (host is None or isinstance(host, str)):
            raise _Wrong(f"{where} is no rule with a host that is text")
        if is_template(host):
            raise _Wrong(f"{where}.host is a placeholder")
        http = rule.get("http")
        for p, path in enumerate(_list(mapping(http), "paths", f"{where}.http.paths")):
            _path(path, f"{where}.http.paths[{p}]")
    for t, entry in enumerate(_list(spec, "tls", "spec.tls")):
        hosts = _list(mapping(entry), "hosts", f"spec.tls[{t}].hosts")
        if not isinstance(entry, Mapping) or not all(isinstance(host, str) for host in hosts):
            raise _Wrong(f"spec.tls[{t}] has hosts that are not text")


def _path(path: object, where: str) -> None:
    if not isinstance(path, Mapping):
        raise _Wrong(f"{where} is no path")
    written, kind = path.get("path"), path.get("pathType")
    if kind not in PATH_TYPES:
        raise _Wrong(f"{where}.pathType is {kind!r:.40}", f"networking.k8s.io/v1 wants one of {', '.join(PATH_TYPES)}")
    if is_template(written):
        raise _Wrong(f"{where}.path is a placeholder")
    if not (isinstance(written, str) and written.startswith("/")) and not (
        kind == "ImplementationSpecific" and written in {None, ""}
    ):
        raise _Wrong(f"{where}.path is {written!r:.40}, and must begin with a slash")
    _backend(path.get("backend"), f"{where}.backend")


def _backend(backend: object, where: str) -> None:
    service, resource = mapping(mapping(backend).get("service")), mapping(mapping(backend).get("resource"))
    port = mapping(service.get("port"))
    named = isinstance(service.get("name"), str) and bool(isinstance(port.get("number"), int) or port.get("name"))
    if not named and not (resource.get("kind") and resource.get("name")):
        raise _Wrong(f"{where} names no Service with a port, and no resource")


def _list(holder: Mapping[str, Any], key: str, where: str) -> list[Any]:
    value = holder.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise _Wrong(f"{where} is no list")
    return value


def _text(holder: Mapping[str, Any], key: str, default: str = "") -> str:
    value = holder.get(key) or default
    if not isinstance(value, str) or not value:
        raise _Wrong(f"metadata.{key} is missing" if not value else f"metadata.{key} is not text")
    if is_template(value):
        raise _Wrong(f"metadata.{key} is a placeholder")
    return value


def _plain(spec: Mapping[str, Any]) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(spec, default=str))
    return copied


def _texts(value: object, depth: int = 12) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth and isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner, depth - 1)
    elif depth and isinstance(value, list):
        for inner in value:
            yield from _texts(inner, depth - 1)
