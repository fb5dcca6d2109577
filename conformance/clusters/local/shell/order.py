"""What the command line asks of the shell's process inside the namespaces."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from conformance.clusters.local.shell.access import Access


@dataclass(frozen=True)
class Order:
    """The controller to start (or the cluster to join), the cases to lay out and how many of their steps to carry
    out, the command to run (``None`` is a prompt)."""

    controller: str | None = None
    programs: tuple[tuple[str, str], ...] = ()
    case_paths: tuple[str, ...] = ()
    case_ids: tuple[str, ...] = ()
    steps: int = 0
    command: str | None = None
    folder: str = "/"
    join: Access | None = None

    def to_json(self) -> str:
        """Return the order as one argument of a command line."""
        return json.dumps({**asdict(self), "join": self.join.to_values() if self.join else None})

    @classmethod
    def from_json(cls, text: str) -> "Order":
        """Return the order that :meth:`to_json` wrote."""
        values: dict[str, Any] = json.loads(text)
        return cls(
            controller=values["controller"],
            programs=tuple((name, path) for name, path in values["programs"]),
            case_paths=tuple(values["case_paths"]),
            case_ids=tuple(values["case_ids"]),
            steps=values["steps"],
            command=values["command"],
            folder=values["folder"],
            join=Access.from_values(values["join"]) if values["join"] else None,
        )
