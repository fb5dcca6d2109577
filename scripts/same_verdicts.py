"""Compare the verdicts of two runs case by case: python scripts/same_verdicts.py ONE/report.json OTHER/report.json

For the same controller on two kinds of cluster. Says each case whose verdict differs, with the reasons of both; exit
status 1 if there is one, or if a case was judged in one run only.
"""

import sys
from pathlib import Path

from conformance.errors import BadInput
from conformance.report.model import CaseRecord
from conformance.report.reading import read_report


def judged(path: str) -> tuple[str, dict[str, CaseRecord]]:
    """Return where the run took place, and its cases by id."""
    report = read_report(Path(path)).report
    return report.cluster.provider, {case.id: case for case in report.cases}


def main(one: str, other: str) -> int:
    """Print what differs and return the exit status."""
    (here, first), (there, second) = judged(one), judged(other)
    differing = 0
    for name in sorted(first.keys() | second.keys()):
        verdicts = [cases[name].verdict if name in cases else "not judged" for cases in (first, second)]
        if verdicts[0] != verdicts[1]:
            differing += 1
            print(f"{name}: {here} {verdicts[0]}, {there} {verdicts[1]}")
            for place, cases in ((here, first), (there, second)):
                if name in cases:
                    print(f"  {place}: {cases[name].reason}: {getattr(cases[name], 'detail', '')}")
    print(f"{len(first.keys() & second.keys())} cases in both, {differing} differ")
    return 1 if differing or not first else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        sys.exit(main(*sys.argv[1:]))
    except BadInput as error:
        sys.exit(f"error: {error}")
