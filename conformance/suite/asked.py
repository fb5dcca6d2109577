"""The cases that a run is asked for: loaded, repeated under other hosts, turned round."""

from conformance.case.inversion import inverted
from conformance.case.load import load_cases
from conformance.case.model import Case
from conformance.suite.options import RunOptions


def asked_cases(options: RunOptions) -> tuple[Case, ...]:
    """Return the cases of the run's files, whatever their level.

    Raises:
        CaseErrors: something is wrong with a case file.
    """
    loaded = load_cases(options.case_paths or None)
    repeated = tuple(_copy(case, number) for number in range(options.repeat) for case in loaded)
    return tuple(map(inverted, repeated)) if options.invert else repeated


def _copy(case: Case, number: int) -> Case:
    """Return the case under a name, and so under hosts, of its own; the first copy is the case itself."""
    return case if number == 0 else case.model_copy(update={"id": f"{case.id}-x{number + 1}"})
