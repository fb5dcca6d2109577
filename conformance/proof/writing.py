"""The kill matrix on the disk, in all of its forms."""

from pathlib import Path

from conformance.errors import BadInput, HarnessFailure
from conformance.outfolder import cannot_write
from conformance.proof.expectation import expectations
from conformance.proof.markdown import markdown
from conformance.proof.model import KillMatrix
from conformance.proof.page import page_files
from conformance.proof.published import PUBLISHED

AGENDA = "agenda.json"


def check_folder(out: Path) -> None:
    """Refuse a folder that holds something else than an earlier proof: it is about to be emptied.

    Raises:
        BadInput: it does.
    """
    if out.exists() and not (out.is_dir() and ((out / AGENDA).exists() or not any(out.iterdir()))):
        hint = "choose a new folder with --out"
        raise BadInput("is no folder of an earlier proof, and would be emptied", where=str(out), hint=hint)


def publish(matrix: KillMatrix, checkout: Path) -> None:
    """Put the matrix where the suite ships it, and its Markdown among the documents.

    Raises:
        BadInput: the folder is no checkout, or the matrix is no whole proof that holds.
        HarnessFailure: the disk does not take it.
    """
    data, document = checkout / "conformance" / "proof", checkout / "docs"
    if not (data.is_dir() and document.is_dir()):
        raise BadInput("is no checkout of this project", where=str(checkout), hint="run it in the project's folder")
    whole = matrix.depth != "quick" and {row.name for row in matrix.mutants} == expectations().keys()
    if matrix.problems or matrix.obstacles or not whole:
        raise BadInput("only a whole proof that holds is published", where="--publish")
    try:
        (data / PUBLISHED).write_text(_json(matrix), encoding="utf-8")
        (document / "kill-matrix.md").write_text(markdown(matrix), encoding="utf-8")
    except OSError as error:
        raise HarnessFailure(f"cannot write {error.filename}: {error.strerror}") from error


def _json(matrix: KillMatrix) -> str:
    return matrix.model_dump_json(by_alias=True, indent=1) + "\n"


def write_matrix(matrix: KillMatrix, out: Path, site: Path | None) -> None:
    """Write JSON, Markdown and the page to ``out``, and the page to ``site`` where one is given.

    Raises:
        BadInput: a folder is no place to write to.
        HarnessFailure: the disk does not take it.
    """
    try:
        (out / PUBLISHED).write_text(_json(matrix), encoding="utf-8")
        (out / "kill-matrix.md").write_text(markdown(matrix), encoding="utf-8")
        for folder in (out, *([site] if site else [])):
            for name, data in page_files(matrix):
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
    except OSError as error:
        raise cannot_write(error, out) from error
