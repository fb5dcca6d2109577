"""The objects of a case as YAML, without what differs from run to run only because each run has names of its own."""

import re
from collections.abc import Sequence
from typing import Any

import yaml

from conformance.report.model import CaseRecord

Manifest = dict[str, Any]

MARKER = ".marker."
"""Stands in the host of every marker rule."""

ONE_LINE = 64
LONG = 300
"""Longer texts (certificates) are another one in each run, and say nothing to a reader."""

RUN = re.compile(r"\bconformance-[0-9a-f]{6}\b")
_ALONE = re.compile(r"\.alone\.test\b")
_LATER_COPY = re.compile(r"\.copy([2-9]|\d\d+)\.")


class _Dumper(yaml.CSafeDumper if yaml.__with_libyaml__ else yaml.SafeDumper):  # type: ignore[misc]
    """Writes small mappings, such as backends, in one line: the rules are what a reader looks for."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _mapping(dumper: _Dumper, data: Manifest) -> yaml.Node:
    small = len(data) < 3 and len(repr(data)) <= ONE_LINE
    node: yaml.Node = dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=small)
    return node


_Dumper.add_representer(dict, _mapping)


def own_objects(case: CaseRecord, class_name: str) -> tuple[Manifest, ...]:
    """Return the objects of a case, with the names that a run makes replaced.

    Of an Ingress only the case's own rules are there. The run's own namespace is written ``conformance-RUN``, its class
    ``CLASS`` (``class_name`` is that of its first instance), the realm of the second judgement like that of the first.
    """
    parts = [(record.manifest, _own_part(case, record.manifest)) for record in case.objects]
    # An Ingress with nothing but markers only tells when the others have been loaded.
    return tuple(
        named_alike(part, class_name) for whole, part in parts if _rules(part) or not _rules(whole) or _more(part)
    )


def yaml_text(manifests: Sequence[Manifest]) -> str:
    """Return manifests as YAML documents."""
    text: str = yaml.dump_all(manifests, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)
    return text.rstrip("\n")


def without_names(manifests: Sequence[Manifest]) -> str:
    """Return what is alike in manifests that differ in their names only, for comparison."""
    bare = []
    for manifest in manifests:
        meta = manifest.get("metadata")
        bare.append({**manifest, "metadata": {**meta, "name": ""} if isinstance(meta, dict) else meta})
    return repr(bare)


def _own_part(case: CaseRecord, manifest: Manifest) -> Manifest:
    """Return the object without the rules of the marker, of other cases, and of all copies but the first."""
    spec = manifest.get("spec")
    rules = spec.get("rules") if isinstance(spec, dict) else None
    if not isinstance(spec, dict) or not isinstance(rules, list):
        return manifest
    own = [rule for rule in rules if MARKER not in _host(rule)]
    section, _, name = case.id.partition("/")
    endings = tuple(f".{name}.{section}.{realm}" for realm in ("test", "alone.test"))
    if any(_host(rule).endswith(endings) for rule in own):
        # Rules of other cases stand under hosts of theirs, in the same realm.
        own = [rule for rule in own if _host(rule).endswith(endings) or not _host(rule).endswith(".test")]
    first = [rule for rule in own if not _LATER_COPY.search(_host(rule))]
    kept = {**spec, "rules": first or own}
    return {**manifest, "spec": kept if kept["rules"] else {key: kept[key] for key in kept if key != "rules"}}


def left_out(case: CaseRecord) -> tuple[int, int]:
    """Return how many rules of other cases, and how many copies of its own, stand in the objects and are not shown."""
    others = copies = 0
    for record in case.objects:
        hosts = [_host(rule) for rule in _rules(record.manifest) if MARKER not in _host(rule)]
        shown = [_host(rule) for rule in _rules(_own_part(case, record.manifest))]
        again = [host for host in hosts if _LATER_COPY.sub(".copy1.", host) in shown and host not in shown]
        copies += len(again)
        others += len(hosts) - len(shown) - len(again)
    return others, copies


def _rules(manifest: Manifest) -> list[Any]:
    spec = manifest.get("spec")
    rules = spec.get("rules") if isinstance(spec, dict) else None
    return rules if isinstance(rules, list) else []


def _host(rule: Any) -> str:
    return str(rule.get("host", "")) if isinstance(rule, dict) else ""


def named_alike(manifest: Manifest, class_name: str) -> Manifest:
    """Return the manifest with names that a run makes replaced by words that are the same for all runs."""
    made: Manifest = _texts(manifest)
    spec, meta = made.get("spec"), made.get("metadata")
    notes = meta.get("annotations") if isinstance(meta, dict) else None
    own = re.compile(rf"{re.escape(class_name)}(-\d+)?")
    for holder, key in ((spec, "ingressClassName"), (notes, "kubernetes.io/ingress.class")):
        if isinstance(holder, dict) and own.fullmatch(str(holder.get(key))):
            holder[key] = "CLASS"
    return made


def _more(manifest: Manifest) -> bool:
    spec = manifest.get("spec")
    return isinstance(spec, dict) and bool(spec.keys() - {"ingressClassName", "rules"})


def _texts(value: Any) -> Any:
    if isinstance(value, str):
        if len(value) > LONG:
            return f"… (over {LONG} characters)"
        if "." not in value and "-" not in value:
            return value
        return _ALONE.sub(".test", RUN.sub("conformance-RUN", value))
    if isinstance(value, list):
        return [_texts(item) for item in value]
    if isinstance(value, dict):
        return {key: _texts(item) for key, item in value.items()}
    return value
