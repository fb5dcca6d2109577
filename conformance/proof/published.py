"""The kill matrix that the suite ships: the quick proof picks its cases from it."""

from importlib.resources import files

from pydantic import ValidationError

from conformance.proof.model import KillMatrix

PUBLISHED = "kill-matrix.json"


def published() -> KillMatrix | None:
    """Return the matrix; None where it is missing or of another version."""
    try:
        return KillMatrix.model_validate_json(files("conformance.proof").joinpath(PUBLISHED).read_bytes())
    except (OSError, ValidationError):
        return None
