"""What must become of each mutant, as ``expected.yaml`` says it."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import yaml
from pydantic import ConfigDict, model_validator

from conformance.case.builtin import builtin_folder
from conformance.case.load import load_cases
from conformance.case.model import Case, Frozen, Level
from conformance.judge.words import Reason

CONTROLS = ("path-types/exact-itself", "hosts/two-hosts", "backends/port-by-number", "backends/methods-unchanged")
"""Cases that every mutant is tried with, though it may not be wrong about them."""

JUDGED = frozenset({Level.CORE, Level.EXTENDED})
"""The levels whose cases can fail a controller."""


class Expectation(Frozen):
    """What one mutant is wrong about, and the reasons with which cases may fail it; or why it is allowed."""

    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"), populate_by_name=True)

    breaks: frozenset[str] = frozenset()
    reasons: frozenset[Reason] = frozenset()
    spoils_others: bool = False
    allowed: str = ""
    recorded: frozenset[str] = frozenset()
    serves: frozenset[str] = frozenset()
    unjudged: str = ""

    @model_validator(mode="after")
    def _one_or_the_other(self) -> "Expectation":
        if bool(self.allowed) == bool(self.breaks) or bool(self.breaks) != bool(self.reasons):
            raise ValueError("either `allowed`, or `breaks` together with `reasons`")
        return self

    def concerns(self, statements: Sequence[str]) -> bool:
        """Tell whether a case of these statements is one that the mutant is wrong about."""
        return bool(self.breaks.intersection(statements))


@cache
def expectations() -> Mapping[str, Expectation]:
    """Return what is expected of each mutant, by its name."""
    text = files("conformance.proof").joinpath("expected.yaml").read_text(encoding="utf-8")
    return {name: Expectation.model_validate(written) for name, written in yaml.safe_load(text).items()}


def specification_cases() -> tuple[Case, ...]:
    """Return the cases that the reference is made for: those of the specification.

    Raises:
        CaseErrors: something is wrong with a case file.
    """
    return load_cases([builtin_folder()])


def tried_with(expectation: Expectation, cases: Sequence[Case]) -> tuple[Case, ...]:
    """Return what a mutant is tried with: the cases that it is wrong about, those that record it, the controls."""

    def wanted(case: Case) -> bool:
        if case.level in JUDGED:
            tried = expectation.breaks | expectation.serves
            return case.id in CONTROLS or bool(tried.intersection(case.statements))
        return case.level is Level.OBSERVED and bool(expectation.recorded.intersection(case.statements))

    return tuple(case for case in cases if wanted(case))
