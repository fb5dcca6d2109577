"""The kill matrix on the disk, in all of its forms."""

from pathlib import Path

from conformance.errors import BadInput, HarnessFailure
from conformance.proof.markdown import markdown
from conformance.proof.model import KillMatrix
from conformance.proof.page import page_files

AGENDA = "agenda.json"


def check_folder(out: Path) -> None:
    """Refuse a folder that holds something else than an earlier proof: it is about to be emptied.

    Raises:
        BadInput: it does.
    """
    if out.exists() and not (out.is_dir() and ((out / AGENDA).exists() or not any(out.iterdir()))):
        hint = "choose a new folder with --out"
        raise BadInput("is no folder of an earlier proof, and would be emptied", where=str(out), hint=hint)


def write_matrix(matrix: KillMatrix, out: Path, site: Path | None) -> None:
    """Write JSON, Markdown and the page to ``out``, and the page to ``site`` where one is given.

    Raises:
        HarnessFailure: the disk does not take it.
    """
    try:
        (out / "kill-matrix.json").write_text(matrix.model_dump_json(by_alias=True, indent=1) + "\n", encoding="utf-8")
        (out / "kill-matrix.md").write_text(markdown(matrix), encoding="utf-8")
        for folder in (out, *([site] if site else [])):
            for name, data in page_files(matrix):
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
    except OSError as error:
        raise HarnessFailure(f"cannot write {error.filename or out}: {error.strerror}") from error
