"""Large YAML documents: read in C and without places, but each text for what it is taken for in the small ones."""

import re
from typing import Any

import yaml

from conformance.case.yaml_tree import MERGE, key_as_kubectl, scalar_as_kubectl

_C: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WITHOUT_QUOTES = "!without-quotes"
_KNOWN = tuple(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))
_MERGED = "tag:yaml.org,2002:merge"


class Unreadable(yaml.MarkedYAMLError):
    """YAML that is not read here. ``hint`` says what to do instead."""

    def __init__(self, problem: str, mark: Any = None, hint: str = "") -> None:
        super().__init__(problem=problem, problem_mark=mark)
        self.hint = hint


def load_large(text: str) -> Any:
    """Return the values of a document.

    Raises:
        yaml.YAMLError: it cannot be read.
    """
    for event in yaml.parse(text, Loader=_C):
        if isinstance(event, yaml.AliasEvent):
            # They might stand for any number of values.
            hint = "kubectl … -o json writes none"
            raise Unreadable("aliases are not read in a document of this size", event.start_mark, hint)
    return yaml.load(text, Loader=_AsKubectl)  # noqa: S506 - it makes plain values and nothing else


class _AsKubectl(_C):  # type: ignore[misc]
    def construct_mapping(self, node: Any, deep: bool = False) -> dict[str, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise Unreadable("a list or mapping cannot be a key", key.start_mark)
            if key.value in seen:
                raise Unreadable(f"the key {key.value[:60]!r} is there twice", key.start_mark)
            seen.add(key.value)
        made = super().construct_mapping(node, deep=deep)
        return {key if isinstance(key, str) else key_as_kubectl(key): value for key, value in made.items()}


_AsKubectl.yaml_implicit_resolvers = {
    MERGE[0]: [(_MERGED, re.compile(f"{MERGE}$"))],
    None: [(_WITHOUT_QUOTES, re.compile(""))],
}
_AsKubectl.yaml_constructors = {tag: _C.yaml_constructors[tag] for tag in (*_KNOWN, None)}
_AsKubectl.add_constructor(_MERGED, lambda _, node: node.value)
_AsKubectl.add_constructor(_WITHOUT_QUOTES, lambda _, node: scalar_as_kubectl(node.value))
