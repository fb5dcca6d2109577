"""Migrations from the disk, for the site."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import ValidationError

from conformance.errors import BadInput
from conformance.migrate.model import Migration
from conformance.report.evidence import MIGRATION
from conformance.report.reading import first_flaw, path_text


def read_migrations(paths: Iterable[Path]) -> Iterator[Migration]:
    """Yield the migrations below folders, in the order of their paths; files that are named themselves are reports.

    Raises:
        BadInput: one cannot be read, or is no migration.
    """
    for path in paths:
        yield from map(_read, migration_files(path))


def migration_files(path: Path) -> list[Path]:
    """Return the migrations below a folder, in the order of their paths."""
    return sorted(Path(place) / MIGRATION for place, _, names in os.walk(path) if MIGRATION in names)


def _read(file: Path) -> Migration:
    try:
        return Migration.model_validate_json(path_text(file))
    except ValidationError as error:
        raise BadInput(
            f"is no migration: {first_flaw(error)}",
            where=str(file),
            hint="written by another version of the suite? run migrate again",
        ) from error
