"""What ``migrate`` has seen: it looks like the reports of runs, and is none that anybody meant by naming a folder.

A team's own objects stand in it word for word, and its cases are those of no other run. So who searches a folder for
reports passes it over. Whoever names it, or a file in it, means it.
"""

from pathlib import Path

from conformance.outfolder import cannot_write

MIGRATION = "migration.json"
FOLDER = "asked"
"""Where it stands, beside the migration."""

MARK = "of-migrate.txt"
_SAID = """\
What `ingress-conformance migrate` has seen, as evidence for its results. Your objects stand in it word for word, with
the values of annotations: it is for their owner's eyes. `report`, `compare` and `export` pass over this folder, unless
they are given it, or a file in it, by name.
"""


def mark_evidence(folder: Path) -> None:
    """Make the folder, and say in it what it is: before anything else stands there, which may then be broken off.

    Raises:
        BadInput, HarnessFailure: it cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARK).write_text(_SAID, encoding="utf-8")
    except OSError as error:
        raise cannot_write(error, folder) from error


def is_evidence(folder: Path) -> bool:
    """Tell whether a folder holds what ``migrate`` has seen: older ones have no mark, but the migration beside them."""
    return (folder / MARK).is_file() or (folder.name == FOLDER and (folder.parent / MIGRATION).is_file())
