"""Files of entries checked, as many as there are: everything that is wrong with any of them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.case.load import load_cases
from conformance.controllers.catalogue import FOLDER
from conformance.controllers.entry import Entry
from conformance.controllers.reading import read_entry
from conformance.errors import BadInput


def checked_entries(paths: Sequence[Path], case_paths: Sequence[Path] = ()) -> tuple[Entry, ...]:
    """Return the entries in files, and in the files of folders; those of the catalogue without any.

    Their claims may name the built-in cases, and those of ``case_paths``.

    Raises:
        BadInput: something is wrong with one of them; it says all that is wrong with each. Or with a case file.
    """
    cases = {case.id for case in (*load_cases(), *(load_cases(case_paths) if case_paths else ()))}
    entries: list[Entry] = []
    wrong: list[BadInput] = []
    for path in dict.fromkeys(file for given in paths or (FOLDER,) for file in _files(given)):
        try:
            entries.append(read_entry(path, FOLDER, cases))
        except BadInput as error:
            wrong.append(error)
    if wrong:
        raise BadInput("\n".join(map(str, wrong)))
    return tuple(entries)


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    files = sorted(path.glob("*.yaml"))
    if not files:
        raise BadInput("no entry is in this folder", where=str(path), hint="give the YAML file of a controller")
    yield from files
