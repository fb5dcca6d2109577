"""An Ingress as its owner has it, and what could not be read: frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.migrate.question import LeftOut

CLASS_ANNOTATION = "kubernetes.io/ingress.class"


@dataclass(frozen=True)
class Origin:
    """Where an object was read: a file (``-`` is standard input) with document and line, both from 1, or a context.

    ``line`` is 0 where it is not known. ``source`` is what Helm says of a rendered document.
    """

    file: str
    document: int = 0
    line: int = 0
    source: str = ""

    @property
    def applied(self) -> bool:
        """Whether an API server has taken what was read there: it has no documents."""
        return not self.document

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        words = [f"document {self.document}"] if self.document else []
        words += [self.source] if self.source else []
        return f"{place} ({', '.join(words)})" if words else place


@dataclass(frozen=True)
class Trouble:
    """Something that was left out, and what to do about it. ``kind`` is one of few words, for counting."""

    origin: Origin
    kind: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.origin}: {self.message}" + (f"\n  hint: {self.hint}" if self.hint else "")


@dataclass(frozen=True)
class Found:
    """An Ingress in the form of networking.k8s.io/v1. ``converted`` names the older form that it was written in."""

    origin: Origin
    namespace: str
    name: str
    spec: Mapping[str, Any]
    annotations: Mapping[str, str] = field(default_factory=dict)
    converted: str = ""

    @property
    def label(self) -> str:
        """How results name it."""
        return f"{self.namespace}/{self.name}"

    @property
    def ingress_class(self) -> str:
        """The class that it names, empty if none."""
        return str(self.spec.get("ingressClassName") or self.annotations.get(CLASS_ANNOTATION) or "")

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts of its rules in lower case, each once; an empty text is every host."""
        named = dict.fromkeys(str(rule.get("host") or "").lower() for rule in self.rules)
        everything = {"": None} if self.spec.get("defaultBackend") or not self.rules else {}
        return tuple(named | everything)

    @property
    def rules(self) -> tuple[Mapping[str, Any], ...]:
        """The rules."""
        return tuple(self.spec.get("rules") or ())

    @property
    def tls(self) -> tuple[Mapping[str, Any], ...]:
        """The entries of ``spec.tls``."""
        return tuple(self.spec.get("tls") or ())


@dataclass(frozen=True)
class Reading:
    """Everything that was read: Ingresses, what is wrong with others, and how many objects of other kinds stood by.

    ``left_out`` are Ingresses that nobody wants to have judged.
    """

    ingresses: tuple[Found, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    others: int = 0
    left_out: tuple[LeftOut, ...] = ()
