"""The cases that a run is asked for: loaded, repeated under other hosts, turned round."""

import pytest

from conformance.case.inversion import inverted
from conformance.case.load import load_asked
from conformance.case.model import Case
from conformance.case.repeating import repeated
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
