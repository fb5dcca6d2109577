"""Reports from the disk: named files, and folders that are searched for ``report.json`` of runs."""

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from conformance.errors import BadInput
from conformance.report.canonical import parse
from conformance.report.evidence import is_evidence
from conformance.report.model import SCHEMA_VERSION, Report

FILE_NAME = "report.json"
MAX_BYTES = 256 * 1024 * 1024
"""A report with 250 cases has about 5 MB."""
_HINT = "give the report.json of a run"


@dataclass(frozen=True)
class ReportFile:
    """A report and where it was read; ``written`` is the file's JSON as it stands there."""

    path: Path
    written: dict[str, Any]
    report: Report


def read_report(path: Path) -> ReportFile:
    """Return the report of a file.

    Raises:
        BadInput: it cannot be read or is no report of this schema version; it says where in it.
    """
    data = path_text(path)
    written = _object(data, path)
    version = written.get("schemaVersion")
    if version != SCHEMA_VERSION:
        raise BadInput(
            f"has the schema version {version!r:.40}, and this suite reads {SCHEMA_VERSION!r}",
            where=str(path),
            hint="use the suite that wrote the report",
        )
    try:
        # Strict, because a number in quotes is not what any run writes; as JSON, because enumerations are words there.
        report = Report.model_validate_json(data, strict=True)
    except ValidationError as error:
        raise BadInput(
            f"is no report: {first_flaw(error)}",
            where=str(path),
            hint="a report of a newer or older suite? use the suite that wrote it",
        ) from error
    return ReportFile(path, written, report)


def first_flaw(error: ValidationError) -> str:
    """Return the first thing that a model refuses, and where in the file it stands; nothing of what was read."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])


def read_reports(paths: Iterable[Path], may_lack: Collection[Path] = ()) -> tuple[ReportFile, ...]:
    """Return the reports of files and folders, in that order; a file that is found twice is read once.

    The folders of ``may_lack`` hold something else that is wanted, and need no report.

    Raises:
        BadInput: nothing is there, or it is no report.
    """
    files = dict.fromkeys(file for path in paths for file in report_files(path, may_lack=path in may_lack))
    return tuple(read_report(file) for file in files)


def report_files(path: Path, *, may_lack: bool = False) -> tuple[Path, ...]:
    """Return the files that a path stands for: itself, or every ``report.json`` of a run below a folder, sorted.

    Raises:
        BadInput: there is nothing of that name, or no report in the folder, unless it ``may_lack`` one.
    """
    if not path.is_dir():
        return (path,)
    files: list[Path] = []
    passed_over: list[Path] = []
    for place, folders, names in os.walk(path):
        evidence = [folder for folder in folders if is_evidence(Path(place) / folder)]
        passed_over += [Path(place) / folder for folder in evidence]
        folders[:] = [folder for folder in folders if folder not in evidence]
        if FILE_NAME in names:
            files.append(Path(place) / FILE_NAME)
    if not files and not may_lack:
        raise _no_report(path, passed_over)
    return tuple(sorted(files))


def _no_report(path: Path, passed_over: Sequence[Path]) -> BadInput:
    if not passed_over:
        return BadInput(
            f"there is no {FILE_NAME} below this folder",
            where=str(path),
            hint="`ingress-conformance run CONTROLLER --out DIR` writes DIR/CONTROLLER/report.json",
        )
    message = "there is no report of a run below this folder, only what `migrate` saw"
    return BadInput(message, where=str(path), hint=f"if you mean that, give its folder by name: {passed_over[0]}")


def read_json(path: Path) -> dict[str, Any]:
    """Return the object that a JSON file of a report holds; whether it is sound is another question.

    Raises:
        BadInput: it cannot be read, is too large, is no JSON, could be read in two ways, or is no report of a run.
    """
    return _object(path_text(path), path)


def _object(data: bytes, path: Path) -> dict[str, Any]:
    try:
        written = parse(data)
    except ValueError as error:
        raise BadInput(f"is no JSON: {error}", where=str(path), hint=_HINT) from error
    if not isinstance(written, dict):
        raise BadInput("is no report: it holds no JSON object", where=str(path), hint=_HINT)
    version = written.get("schemaVersion")
    # Reports of another version may have no such suite; other JSON of this project has a version of its own.
    if not isinstance(version, str) or (version == SCHEMA_VERSION and not isinstance(written.get("suite"), dict)):
        raise BadInput("is JSON, but no report of a run", where=str(path), hint=_HINT)
    return written


def path_text(path: Path) -> bytes:
    """Return the bytes of a file of bounded size.

    Raises:
        BadInput: it cannot be read, or is too large.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path), hint=_HINT) from error
    if len(data) > MAX_BYTES:
        raise BadInput(f"has more than {MAX_BYTES >> 20} MiB", where=str(path), hint="no report is that large")
    return data
