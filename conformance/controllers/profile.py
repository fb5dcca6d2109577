"""What a report says about a controller, whoever started it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.controllers.entry import Entry

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Profile:
    """A controller's name (it names the folder of the results), who makes it, and what its project does not support.

    ``unsupported`` maps ids of statements and cases to the project's reason.
    """

    name: str
    title: str
    version: str = UNKNOWN
    project: str = UNKNOWN
    url: str = ""
    unsupported: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, entry: Entry, version: str | None = None) -> "Profile":
        """Return what the catalogue says; ``version`` replaces its version where another program than its own runs."""
        return cls(entry.name, entry.title, version or entry.version, entry.project, entry.url, entry.unsupported)
