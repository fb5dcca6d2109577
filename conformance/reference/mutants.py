"""The zoo of wrong controllers: every mutant by name."""

import argparse

from conformance.reference import wrong_answers, wrong_lifecycle, wrong_matching, wrong_objects
from conformance.reference.behaviour import REFERENCE, Behaviour
from conformance.reference.mutant import Mutant

__all__ = ["MUTANTS", "REFERENCE", "Mutant", "parse"]

MUTANTS: dict[str, Mutant] = {
    mutant.name: mutant
    for mutant in (*wrong_matching.MUTANTS, *wrong_objects.MUTANTS, *wrong_lifecycle.MUTANTS, *wrong_answers.MUTANTS)
}


def parse(text: str) -> Behaviour:
    """Return the behaviour that ``NAME`` or ``NAME:ARG`` stands for; raises ArgumentTypeError if there is none."""
    name, colon, argument = text.partition(":")
    if name not in MUTANTS:
        raise argparse.ArgumentTypeError(f"no mutant is called {name!r}; --list-mutants prints them all")
    try:
        number = float(argument) if colon else MUTANTS[name].default
    except ValueError:
        raise argparse.ArgumentTypeError(f"{argument!r} is no number") from None
    return MUTANTS[name].make(number)
