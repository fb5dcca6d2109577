"""What is asked of both controllers because of an Ingress: frozen values."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Literal

RuleKey = tuple[int, str, str]
"""The Ingress, the rule of it, and the host."""


@dataclass(frozen=True)
class Question:
    """One request and why it is sent.

    ``owner`` is the index of the Ingress in its group that it is about, ``speaks_for`` those for which its answer holds
    as well, ``rule`` the rule in few words, and ``service`` the Service (namespace/name) that it leads to. ``shared``
    are the other rules whose questions send the same, ``path_kind`` is what its path has in common with others of the
    kind. ``variant`` is the family of annotations whose closed value the
    objects hold when it is asked; ``family`` the one that it is about. ``compares`` and ``received`` are headers of the
    answer, and at the backend, that must stay the same. ``serves`` says that it is what the rule is there to serve.
    ``asks`` are the ids in the data file of all that its request asks about its family.
    ``also`` are the questions about other annotations that its request answers: sent once, and judged for each.
    ``keeps`` is the Service (namespace/name) that a guard keeps, where its request only spells in another way what the
    guard's own asks for.
    ``requests`` are sent on one connection, ``times`` on connections of their own, where they are ``together`` at once;
    ``chance`` is how many of them, more or less, may get through without that meaning anything. ``heeded`` are the
    outcomes by which an annotation is seen to be heeded, if only these show it; ``long`` says that it takes long.
    ``gets`` is the Service (namespace/name) that gets a share of the requests, where it is shares that are asked for;
    ``copies`` the echo backend at which copies of the request are counted. ``answers`` are the headers that the backend
    is asked to answer with. ``lets_in`` says that the annotation is there to let its request in, ``against`` names the
    question that asks the same while the annotation's own objects are not there. ``claims`` are headers that it sends,
    and that only somebody else may say. ``client`` says whose client certificate it has, if any.
    """

    kind: str
    host: str
    target: str
    owner: int
    rule: str = ""
    service: str = ""
    path_kind: Hashable = ()
    scheme: str = "http"
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body_bytes: int = 0
    requests: int = 1
    times: int = 1
    together: bool = False
    chance: int = 0
    heeded: tuple[str, ...] = ()
    long: bool = False
    gets: str = ""
    copies: str = ""
    answers: tuple[tuple[str, str], ...] = ()
    lets_in: bool = False
    against: str = ""
    claims: tuple[tuple[str, str], ...] = ()
    client: Literal["", "known", "stranger"] = ""
    variant: str = ""
    family: str = ""
    guards: bool = False
    compares: tuple[str, ...] = ()
    received: tuple[str, ...] = ()
    speaks_for: tuple[int, ...] = ()
    shared: tuple[RuleKey, ...] = ()
    serves: bool = False
    asks: tuple[str, ...] = ()
    keeps: str = ""
    also: tuple["Question", ...] = ()

    @property
    def key(self) -> RuleKey:
        """The rule that it is about."""
        return self.owner, self.rule, self.host

    @property
    def narrow(self) -> bool:
        """Whether it is about one thing alone: who answers, and what path gets there, the path's own request tells."""
        alone = self.heeded, self.copies, self.answers, self.lets_in, self.against, self.claims
        return self.number > 1 or any(alone)

    @property
    def number(self) -> int:
        """How many requests it sends each time."""
        return self.requests * self.times

    @property
    def guarded(self) -> tuple[object, ...]:
        """What of which rule it asks, however its request is spelled."""
        return self.owner, self.rule, self.host.partition(":")[0].lower(), self.family, self.headers, self.client

    @property
    def sent(self) -> tuple[object, ...]:
        """What goes over the wire, and on which objects: two questions with the same are one."""
        return (
            self.variant,
            self.method,
            self.scheme,
            self.host,
            self.target,
            self.headers,
            self.body_bytes,
            self.requests,
            self.client,
            self.times,
            self.together,
        )


@dataclass(frozen=True)
class LeftOut:
    """What is not asked: of which Ingress, what, and why."""

    kind: str
    why: str
    ingress: str = ""
    count: int = 1


@dataclass(frozen=True)
class Agenda:
    """The questions about one group; ``unasked`` are its Ingresses of which too little is asked to judge them.

    ``partly`` are those, each with a family, whose guards are not asked about on every kind of path that they have.
    """

    questions: tuple[Question, ...]
    left_out: tuple[LeftOut, ...] = field(default=())
    unasked: frozenset[int] = frozenset()
    partly: frozenset[tuple[int, str]] = frozenset()
