"""What the suite knows of annotations: data beside this module, loaded and checked."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_snake

from conformance.case.model import Frozen
from conformance.case.validation import validated
from conformance.case.yaml_tree import parse
from conformance.errors import HarnessFailure

FILE = Path(__file__).resolve().parent / "annotations.yaml"
DROP, KEEP = "drop", "keep"
Kind = Literal["addresses", "number", "headers"]
Names = Literal["secret", "service", "configmap", "certificates", "hosts"]


def _dashed(name: str) -> str:
    return to_snake(name).replace("_", "-")


class Keyed(Frozen):
    """A part of the file; its keys have dashes."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=_dashed, populate_by_name=True)


class Ask(Keyed):
    """One request; texts may hold ``{path}``, ``{host}``, ``{value}`` and ``{NAME}`` of another annotation.

    ``shows`` are the annotations that its answer can tell to be heeded. ``requests`` are sent on one connection,
    ``times`` on connections of their own, where they are ``together`` at once. See the head of the file for the rest.
    """

    id: str
    shows: tuple[str, ...]
    asked_if: tuple[tuple[str, ...], ...] = ()
    unless: tuple[str, ...] = ()
    method: str = "GET"
    scheme: Literal["http", "https", ""] = ""
    host: str = ""
    target: str = "{path}"
    headers: dict[str, str] = Field(default_factory=dict)
    body_bytes: int = 0
    requests: int = 1
    times: int = 1
    together: bool = False
    chance: int = 0
    heeded: tuple[str, ...] = ()
    long: bool = False
    while_open: bool = False
    shares: bool = False
    copies: str = ""
    answers: dict[str, str] = Field(default_factory=dict)
    lets_in: bool = False
    against: str = ""
    claims: dict[str, str] = Field(default_factory=dict)
    client: Literal["", "known", "stranger"] = ""
    received: tuple[str, ...] = ()


class Family(Keyed):
    """Annotations that go together; see the head of the file for its keys."""

    annotations: tuple[str, ...]
    asked_if: str = ""
    says: str
    guards: bool = False
    restricts: tuple[str, ...] = ()
    base: str | dict[str, str] = KEEP
    closed: str | dict[str, str] = ""
    names: dict[str, Names] = Field(default_factory=dict)
    credentials: bool = False
    secret: dict[str, str] = Field(default_factory=dict)
    holds: dict[str, Kind] = Field(default_factory=dict)
    ask: tuple[Ask, ...] = ()
    seen: tuple[str, ...] = ()
    respelled: bool = False
    compares: tuple[str, ...] = ()
    received: tuple[str, ...] = ()
    cannot: str = ""
    not_asked: dict[str, str] = Field(default_factory=dict)

    @property
    def restricting(self) -> tuple[str, ...]:
        """The annotations that keep requests out, or may."""
        return self.restricts or (self.annotations if self.guards else ())

    @property
    def apart(self) -> bool:
        """Whether its guard is asked in objects of its own, because it would hide everything else."""
        return bool(self.closed)


class Known(Keyed):
    """The whole file."""

    families: dict[str, Family]
    prefixes: tuple[str, ...]
    others: tuple[str, ...]
    without_a_case: dict[str, tuple[str, ...]]

    def short(self, annotation: str) -> str:
        """Return the name of an annotation without the prefix of ingress-nginx; empty if it has another."""
        prefix = next((one for one in self.prefixes if annotation.startswith(one)), "")
        return annotation.removeprefix(prefix) if prefix else ""

    def family(self, annotation: str) -> str:
        """Return the family of an annotation; empty if it is unknown."""
        short = self.short(annotation)
        return next((name for name, family in self.families.items() if short and short in family.annotations), "")

    def for_others(self, annotation: str) -> str:
        """Return what says that somebody else than the controller reads it: itself, or its prefix; empty if nobody."""
        return next(
            (one for one in self.others if annotation == one or (one[-1:] == "/" and annotation.startswith(one))), ""
        )

    @property
    def secrets(self) -> dict[str, str]:
        """The annotations with a value that is meant to be secret, each with the variable that stands for it."""
        return {short: f"${name}" for family in self.families.values() for short, name in family.secret.items()}

    def value(self, annotations: dict[str, str], short: str) -> str:
        """Return the value of an annotation by its short name; empty if it is not there."""
        return next((annotations[p + short] for p in self.prefixes if p + short in annotations), "")


@cache
def known_annotations() -> Known:
    """Return what the file says.

    Raises:
        HarnessFailure: the file is wrong.
    """
    root, problems = parse(FILE.read_text(encoding="utf-8"), FILE.name)
    document = None if root is None or problems else validated(root, FILE.name, Known)
    if document is None or isinstance(document, tuple):
        raise HarnessFailure("\n".join(map(str, document or problems)))
    return document.model
