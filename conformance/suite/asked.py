"""The cases that a run is asked for: loaded, repeated under other hosts, turned round."""

from collections.abc import Sequence

import pytest

from conformance.case.inversion import inverted
from conformance.case.lint import duplicates
from conformance.case.load import load_asked
from conformance.case.model import Case
from conformance.errors import BadInput
from conformance.suite.options import RunOptions, run_options

CASES = pytest.StashKey[tuple[Case, ...]]()


def asked_cases(config: pytest.Config) -> tuple[Case, ...]:
    """Return the cases of the run's files, whatever their level; loaded once in a session.

    Raises:
        CaseErrors: something is wrong with a case file.
        BadInput: a repeat of one case would have the same name as another case.
    """
    if CASES not in config.stash:
        config.stash[CASES] = _cases(run_options(config))
    return config.stash[CASES]


def _cases(options: RunOptions) -> tuple[Case, ...]:
    """Load the cases; of the built-in files only those that hold the levels in question."""
    asked = repeated(load_asked(options.case_paths, options.levels), options.repeat)
    return tuple(map(inverted, asked)) if options.invert else asked


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
