"""What a verdict must know beside the case and the answers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Facts:
    """What only the run knows.

    ``certificates`` maps the Secrets of the case to the fingerprints of what they hold, leaf first (SHA-256,
    hexadecimal); ``minted`` are the leaf fingerprints of all Secrets of the run, those made later included. ``pods``
    are the names of the pods that must answer. ``served_before`` says that an earlier step of the case has seen this
    very request served.
    """

    certificates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    minted: Collection[str] = frozenset()
    pods: frozenset[str] | None = None
    served_before: bool = False


NO_FACTS = Facts()
