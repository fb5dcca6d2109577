"""The same cases several times over, each time under other hosts."""

from collections.abc import Sequence

from conformance.case.lint import duplicates
from conformance.case.model import Case
from conformance.errors import BadInput


def repeated(cases: Sequence[Case], times: int) -> tuple[Case, ...]:
    """Return the cases so many times, each time under other names.

    Raises:
        BadInput: a repeat of one case would have the same name as another case.
    """
    made = tuple(_copy(case, number) for number in range(times) for case in cases)
    for _, flaw in duplicates(made):
        raise BadInput(flaw.message, where="--repeat", hint="rename the case or the object")
    return made


def _copy(case: Case, number: int) -> Case:
    """Return the case under a name, and so under hosts, of its own; the first copy is the case itself."""
    return case if number == 0 else case.model_copy(update={"id": f"{case.id}-x{number + 1}"})
