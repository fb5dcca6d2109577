"""What a comparison says in words, on a terminal and in Markdown alike."""

from collections.abc import Iterator, Sequence

from conformance.case.model import RECORD, Level
from conformance.compare.brief import brief
from conformance.compare.comparison_model import (
    Answers,
    Comparison,
    ProbeAnswers,
    RunFinding,
    RunOverview,
    Sort,
    VerdictGroup,
)
from conformance.judge.words import Verdict

HEADINGS = {
    Sort.AGAINST_THE_SPECIFICATION: "Against the specification, core",
    Sort.EXTENDED: "Against the specification, extended: optional, a should, or what few users meet",
    Sort.DECLARED_UNSUPPORTED: "Declared unsupported by whoever does not pass",
    Sort.API: "The API server's duty, and not done everywhere",
    Sort.UNLIKE_INGRESS_NGINX: "Unlike ingress-nginx",
    Sort.LEFT_OPEN: "Left open by the specification, and done differently",
    Sort.ALSO_RIGHT: "Right everywhere, with different answers",
}
FINDINGS = "Findings: one object spoiled another, or the whole controller"
FINDINGS_SHOWN = 25
_JUDGED = (Level.CORE, Level.EXTENDED, Level.API)
_SOME = 5
_COPIES = 16


def cases(count: int) -> str:
    """Return a number of cases."""
    return "1 case" if count == 1 else f"{count} cases"


def standing(run: RunOverview) -> str:
    """Return how many cases a run has wrong, of those that are compared."""
    return "; ".join(_standing(run)) or "nothing judged"


def _standing(run: RunOverview) -> Iterator[str]:
    counts = {level: of for level, of in run.summary.items() if level in _JUDGED}
    if counts:
        judged = sum(of.passed + of.fail + of.unsupported for of in counts.values())
        wrong = {level: of.fail for level, of in counts.items() if of.fail}
        declared = sum(of.unsupported for of in counts.values())
        where = f" ({', '.join(f'{count} {level.value}' for level, count in wrong.items())})" if wrong else ""
        yield f"wrong in {sum(wrong.values()) or 'none'} of {judged} judged cases{where}"
        if declared:
            yield f"{declared} declared unsupported"
    parity = run.summary.get(Level.PARITY)
    if parity is not None:
        yield f"unlike ingress-nginx in {parity.fail or 'none'} of {cases(parity.passed + parity.fail)}"
    observed = run.summary.get(Level.OBSERVED)
    if observed is not None and observed.fail:
        yield f"{observed.fail} observed without a result"
    if run.not_judged:
        yield f"{run.not_judged} not judged"


def together(probes: Sequence[ProbeAnswers]) -> list[tuple[tuple[Answers, ...], list[ProbeAnswers]]]:
    """Return the requests by their answers, so that the same answers are said once."""
    found: dict[tuple[Answers, ...], list[ProbeAnswers]] = {}
    for probe in probes:
        found.setdefault(probe.answers, []).append(probe)
    return list(found.items())


def request(probe: ProbeAnswers) -> str:
    """Return a request, its copies, and what is expected of it."""
    expected = "" if probe.expected == RECORD else f" (expected {brief(probe.expected)})"
    return f"{brief(probe.id)}{_copies(probe)}{expected}"


def _copies(probe: ProbeAnswers) -> str:
    if not probe.copies:
        return ""
    if len(probe.copies) == probe.of_copies:
        return f" ({probe.of_copies} copies)"
    word = "copy" if len(probe.copies) == 1 else "copies"
    numbers = ", ".join(map(str, probe.copies[:_COPIES])) + (" …" if len(probe.copies) > _COPIES else "")
    return f" ({word} {numbers} of {probe.of_copies})"


def said(answers: Answers) -> str:
    """Return why an answer is wrong that looks right; nothing where it needs no words."""
    return ": ".join(word for word in (answers.reason, answers.detail) if word)


def verdict(group: VerdictGroup) -> str:
    """Return a verdict with its reason."""
    word = "declared unsupported," if group.verdict is Verdict.UNSUPPORTED else group.verdict.value
    return f"{word} {group.reason}".strip(" ,")


def finding(found: RunFinding) -> str:
    """Return a finding without its kind."""
    return ": ".join(word for word in (found.run, brief(found.case), found.detail) if word)


def judged_wrong(groups: Sequence[VerdictGroup]) -> bool:
    """Tell whether the verdicts are worth showing: somebody does not pass."""
    return any(group.verdict is not Verdict.PASS for group in groups)


def footer(comparison: Comparison) -> str:
    """Return the counts of all that was compared."""
    counts = [f"{comparison.alike} alike and right"]
    counts += [f"{number} {sort.value}" for sort in Sort if (number := sum(len(of) for _, of in comparison.of(sort)))]
    text = f"{cases(comparison.compared)} compared: {', '.join(counts)}"
    missing = comparison.not_compared
    if missing:
        named = ", ".join(map(brief, missing[:_SOME])) + (" …" if len(missing) > _SOME else "")
        text += f"; {len(missing)} not compared: {named}"
    return text
