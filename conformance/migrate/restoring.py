"""What the documentation of a controller names to restore a behaviour: a data file for each controller."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from conformance.case.validation import validated
from conformance.case.yaml_tree import parse
from conformance.errors import HarnessFailure
from conformance.migrate.annotations import Keyed
from conformance.migrate.model import Restore

FOLDER = Path(__file__).resolve().parent / "restore"


class Hint(Keyed):
    """One way; ``families``, ``kinds`` and ``headers`` (of answers, or at the backend) say for which changes."""

    families: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    says: str
    link: str


class RestoreFile(Keyed):
    """Everything that is known of one controller."""

    controller: str
    hints: tuple[Hint, ...]


class Restores:
    """The hints for one controller; none where there is no file."""

    def __init__(self, controller: str) -> None:
        self._hints = _hints(controller)

    def for_question(self, family: str, kind: str, headers: Sequence[str] = ()) -> tuple[Restore, ...]:
        """Return the hints for what a question is about, and for the headers that changed."""
        return tuple(
            Restore(says=hint.says, link=hint.link)
            for hint in self._hints
            if (family and family in hint.families) or kind in hint.kinds or set(headers) & set(hint.headers)
        )


@cache
def _hints(controller: str) -> tuple[Hint, ...]:
    file = FOLDER / f"{controller}.yaml"
    if "/" in controller or not file.is_file():
        return ()
    root, problems = parse(file.read_text(encoding="utf-8"), file.name)
    document = None if root is None or problems else validated(root, file.name, RestoreFile)
    if document is None or isinstance(document, tuple):
        raise HarnessFailure("\n".join(map(str, document or problems)))
    return document.model.hints
