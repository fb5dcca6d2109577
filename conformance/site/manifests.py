"""The objects of a case as YAML, without what differs from run to run only because each run has names of its own."""

import re
from collections.abc import Sequence
from typing import Any

import yaml

from conformance.report.model import CaseRecord

Manifest = dict[str, Any]

_RUN = re.compile(r"\bconformance-[0-9a-f]{6}\b")
_ALONE = re.compile(r"\.alone\.test\b")
_MARKER = re.compile(r"\br\d+(\.[^ ]+\.marker\.)")


class _Dumper(yaml.CSafeDumper if yaml.__with_libyaml__ else yaml.SafeDumper):  # type: ignore[misc]
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def objects_text(case: CaseRecord) -> str:
    """Return the objects of a case as YAML documents.

    Of an Ingress that the case shared with others only its own rules are shown. The run's own namespace is written
    ``conformance-RUN``, its class ``CLASS``, the realm of the second judgement like that of the first.
    """
    return yaml_text([_own_part(case, record.manifest) for record in case.objects])


def yaml_text(manifests: Sequence[Manifest]) -> str:
    """Return manifests as YAML documents, with the names of the run replaced."""
    plain = [_named_alike(manifest) for manifest in manifests]
    text: str = yaml.dump_all(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)
    return text.rstrip("\n")


def _own_part(case: CaseRecord, manifest: Manifest) -> Manifest:
    spec = manifest.get("spec")
    rules = spec.get("rules") if isinstance(spec, dict) else None
    if case.placement != "packed" or case.judged_alone or not isinstance(rules, list):
        return manifest
    section, _, name = case.id.partition("/")
    own = [rule for rule in rules if f".{name}.{section}." in f"{_host(rule)}." or ".marker." in _host(rule)]
    # Where nothing is recognized, everything is shown.
    if not any(".marker." not in _host(rule) for rule in own):
        return manifest
    return {**manifest, "spec": {**spec, "rules": own}} if isinstance(spec, dict) else manifest


def left_out(case: CaseRecord) -> int:
    """Return how many rules of other cases stand in the objects and are not shown."""
    count = 0
    for record in case.objects:
        before, after = record.manifest, _own_part(case, record.manifest)
        if before is not after:
            count += len(before["spec"]["rules"]) - len(after["spec"]["rules"])
    return count


def _host(rule: Any) -> str:
    return str(rule.get("host", "")) if isinstance(rule, dict) else ""


def _named_alike(manifest: Manifest) -> Manifest:
    made = _texts(manifest)
    spec = made.get("spec")
    if isinstance(spec, dict) and isinstance(spec.get("ingressClassName"), str) and "rules" in spec:
        spec["ingressClassName"] = "CLASS"
    return made if isinstance(made, dict) else {}


def _texts(value: Any) -> Any:
    if isinstance(value, str):
        return _MARKER.sub(r"rN\1", _ALONE.sub(".test", _RUN.sub("conformance-RUN", value)))
    if isinstance(value, list):
        return [_texts(item) for item in value]
    if isinstance(value, dict):
        return {key: _texts(item) for key, item in value.items()}
    return value
