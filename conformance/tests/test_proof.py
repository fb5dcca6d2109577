"""The proof of the suite, on made-up reports: it must not be satisfied by anything that proves nothing."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from conformance.case.model import NO_MATCH, Level
from conformance.errors import BadInput
from conformance.judge.words import Reason, Verdict
from conformance.probes.answer import Answer, Endpoint, ProbeLimits, WireProbe
from conformance.probes.certificates import certificate_facts
from conformance.probes.sender import Sender
from conformance.proof.expectation import CONTROLS, JUDGED, Expectation, expectations, specification_cases, tried_with
from conformance.proof.markdown import markdown
from conformance.proof.matrix import GROUND, matrix_of
from conformance.proof.model import KillMatrix, Spent
from conformance.proof.page import page_files
from conformance.proof.plan import plan_of
from conformance.proof.published import published
from conformance.proof.words import headline
from conformance.proof.writing import check_folder
from conformance.reference.certificates import self_signed
from conformance.reference.mutants import MUTANTS, parse
from conformance.report.fold import report_of
from conformance.report.model import CaseRecord, Report
from conformance.tests.reference_world import fronted, ingress, secret, snapshot
from conformance.tests.reports import case_record, events_of

EVERY = specification_cases()
CASES = tuple(case for case in EVERY if case.id in {"path-types/exact-itself", "path-types/exact-case"})
ITSELF, CASE = "path-types/exact-itself", "path-types/exact-case"
WRONG = Expectation(breaks=frozenset({"P19"}), reasons=frozenset({Reason.NO_MATCH}))


def judged(case_id: str, verdict: Verdict = Verdict.PASS, **changes: Any) -> CaseRecord:
    statements = next(case.statements for case in EVERY if case.id == case_id)
    return case_record(case_id, verdict, **{"statements": statements, **changes})


def passing(case_id: str, **changes: Any) -> CaseRecord:
    """A case whose evidence shows the pass."""
    record = judged(case_id, Verdict.FAIL, **changes)
    probe = record.probes[0]
    expected = probe.expected.model_copy(update={"outcome": "no match"})
    right = probe.model_copy(update={"expected": expected, "verdict": Verdict.PASS, "reason": None})
    return record.model_copy(update={"verdict": Verdict.PASS, "reason": None, "detail": "", "probes": (right,)})


def report(*cases: CaseRecord, complete: bool = True) -> Report:
    return report_of(events_of(*cases, complete=complete))


RIGHT = report(passing(ITSELF), passing(CASE))


def matrix(
    mutants: Mapping[str, tuple[Expectation, Report]], right: Report | None = RIGHT, troubles: Mapping[str, str] = {}
) -> KillMatrix:
    reports = {name: one for name, (_, one) in mutants.items()}
    expected = {name: one for name, (one, _) in mutants.items()}
    expected |= dict.fromkeys(troubles.keys() - {"reference"}, WRONG)
    return matrix_of(
        "statements",
        CASES,
        expected,
        dict.fromkeys(expected, "Is wrong."),
        {**reports, **({"reference": right} if right else {})},
        troubles,
        (),
        started="2026-01-01T00:00:00+00:00",
        seconds=1.0,
        spent=Spent(suite=1, controllers=2, cluster=3),
    )


def killed(case_id: str = CASE, **changes: Any) -> CaseRecord:
    return judged(case_id, Verdict.FAIL, **changes)


def test_a_case_that_fails_a_mutant_for_the_right_reason_kills_it() -> None:
    made = matrix({"m": (WRONG, report(passing(ITSELF), killed()))})
    (row,) = made.mutants
    assert row.fate == "killed"
    assert row.kills[0].reason is Reason.NO_MATCH
    assert [case.killed for case in made.cases] == [(), ("m",)]
    # The other case has killed nothing, and says so.
    assert made.problems == (f"{ITSELF} kills no mutant that passes another case: write one that it must kill",)


def test_a_survivor_is_a_problem() -> None:
    made = matrix({"m": (WRONG, report(passing(ITSELF), passing(CASE)))})
    assert made.mutants[0].fate == "survived"
    assert "m: it survives" in made.problems
    assert "only 0 of 1 mutants die; 98% must" in made.problems


@pytest.mark.parametrize(
    "record",
    [
        judged(CASE, Verdict.ERROR, reason=Reason.HARNESS, detail="no cluster", probes=()),
        judged(CASE, Verdict.SKIPPED, probes=()),
    ],
)
def test_what_could_not_be_judged_kills_nothing(record: CaseRecord) -> None:
    made = matrix({"m": (WRONG, report(passing(ITSELF), record))})
    assert made.mutants[0].fate == "survived"
    assert made.mutants[0].kills == ()


def test_an_error_of_the_harness_and_a_lack_of_time_are_obstacles() -> None:
    record = judged(CASE, Verdict.ERROR, reason=Reason.HARNESS, detail="no cluster", probes=())
    made = matrix({"m": (WRONG, report(record)), "n": (WRONG, report(killed(), complete=False))})
    assert "m: path-types/exact-case could not be judged: no cluster" in made.obstacles
    assert "n: the time for it was not enough" in made.obstacles


def test_a_trial_without_a_report_is_untried_and_an_obstacle() -> None:
    made = matrix({}, troubles={"m": "its worker ended"})
    assert made.mutants[0].fate == "untried"
    assert made.obstacles == ("m: its worker ended",)


def test_a_verdict_without_its_evidence_kills_nothing() -> None:
    claimed = passing(CASE).model_copy(update={"verdict": Verdict.FAIL, "reason": Reason.NO_MATCH})
    made = matrix({"m": (WRONG, report(passing(ITSELF), claimed))})
    assert made.mutants[0].fate == "survived"
    assert "m: path-types/exact-case: its verdict does not follow from its evidence" in made.problems


def test_a_kill_for_another_reason_or_of_another_statement_is_a_problem() -> None:
    other = Expectation(breaks=frozenset({"P19"}), reasons=frozenset({Reason.WRONG_BACKEND}))
    made = matrix({"m": (other, report(killed())), "n": (WRONG, report(killed(ITSELF), killed()))})
    assert made.mutants[0].fate == "survived"
    assert made.mutants[1].fate == "killed"
    assert any("m: path-types/exact-case fails (no-match" in problem for problem in made.problems)
    assert any("n: path-types/exact-itself fails (no-match" in problem for problem in made.problems)


def test_a_controller_that_serves_nothing_shows_nothing_of_a_case() -> None:
    dead = WRONG.model_copy(update={"spoils_others": True})
    made = matrix({"m": (dead, report(killed(ITSELF), killed()))})
    assert made.mutants[0].fate == "killed"
    assert [case.killed for case in made.cases] == [(), ()]


def test_a_statement_that_a_mutant_is_said_to_break_must_show() -> None:
    both = Expectation(breaks=frozenset({"P02", "P19"}), reasons=frozenset({Reason.NO_MATCH}))
    made = matrix({"m": (both, report(passing(ITSELF), killed()))})
    assert "m: no case of P02 fails, though it is wrong about it" in made.problems


def test_what_is_said_to_be_unjudged_must_not_pass() -> None:
    unjudged = WRONG.model_copy(update={"unjudged": "the instance is blamed"})
    error = judged(CASE, Verdict.ERROR, reason=Reason.HARNESS, detail="served nothing", probes=())
    made = matrix({"m": (unjudged, report(error)), "n": (unjudged, report(passing(CASE)))})
    assert made.mutants[0].fate == "unjudged"
    assert made.mutants[0].problems == made.obstacles == ()
    assert made.mutants[1].problems == ("path-types/exact-case does not say error, as it is said to",)
    assert made.cases[1].why_none == "the instance is blamed"


def test_what_is_allowed_must_pass_and_must_be_seen_where_it_is_recorded() -> None:
    allowed = Expectation(allowed="left open", recorded=frozenset({"P30"}))
    failing = matrix({"m": (allowed, report(killed()))})
    assert any("m: path-types/exact-case fails" in problem for problem in failing.problems)
    unseen = matrix({"m": (allowed, report(passing(CASE)))})
    assert "m: no recorded case shows that it differs from the reference" in unseen.problems


def test_a_recorded_case_that_sees_something_else_shows_the_difference() -> None:
    allowed = Expectation(allowed="left open", recorded=frozenset({"P30"}))
    case_id = next(case.id for case in EVERY if case.level is Level.OBSERVED and "P30" in case.statements)
    right, other = (passing(case_id, level=Level.OBSERVED) for _ in range(2))
    seen = other.probes[0].observed
    assert seen is not None
    changed = other.probes[0].model_copy(update={"observed": seen.model_copy(update={"outcome": "a"})})
    other = other.model_copy(update={"probes": (changed,)})
    made = matrix({"m": (allowed, report(other))}, right=report(right))
    assert made.mutants[0].differs == (case_id,)


def test_a_reference_that_fails_is_a_problem_and_one_that_is_missing_an_obstacle() -> None:
    made = matrix({"m": (WRONG, report(killed()))}, right=report(killed()))
    assert any("reference: path-types/exact-case fails what is right" in problem for problem in made.problems)
    missing = matrix({}, right=None, troubles={"reference": "no cluster"})
    assert missing.obstacles == ("reference: no cluster",)


def test_something_is_expected_of_every_mutant_and_every_judged_statement_is_broken_by_one() -> None:
    expected = expectations()
    assert expected.keys() == MUTANTS.keys()
    statements = {statement for case in EVERY for statement in case.statements}
    judged_ones = {statement for case in EVERY if case.level in JUDGED for statement in case.statements}
    for name, one in expected.items():
        assert one.breaks <= judged_ones, name
        assert one.recorded <= statements, name
    assert judged_ones == {statement for one in expected.values() for statement in one.breaks}


def test_every_mutant_is_tried_with_the_cases_it_is_wrong_about_and_the_controls() -> None:
    ids = {case.id for case in tried_with(expectations()["case-insensitive-paths"], EVERY)}
    assert ids >= {*CONTROLS, "path-types/exact-case", "path-types/prefix-case"}
    assert "hosts/no-host" not in ids


# What the older suite, kubernetes-sigs/ingress-controller-conformance, got wrong: each as a controller that shows it.
OLD_BUGS = [
    ("a certificate without names of hosts ended the suite", "default-certificate-always", False),
    ("any error passed where nothing should match: a reset", "reset", False),
    ("any error passed where nothing should match: silence", "hang", False),
    ("early 404s passed where nothing should match", "always-404", False),
    ("Server and Content-Length were asked for", "bare-answers", True),
    ("a backend was known by its name without its namespace", "service-namespace-ignored", False),
    ("a redirect to https passed for the answer", "redirects-to-https", False),
    ("an address in the status was taken for readiness", "routes-lag", True),
    ("the share of each endpoint had to be exact", "endpoints-two-by-two", True),
    ("a 503 at the start became the verdict", "late", True),
]


@pytest.mark.parametrize(("bug", "mutant", "is_right"), OLD_BUGS)
def test_what_an_older_suite_got_wrong_is_part_of_the_proof(bug: str, mutant: str, is_right: bool) -> None:
    expectation = expectations()[mutant]
    assert bool(expectation.allowed) is is_right, bug
    tried = tried_with(expectation, EVERY)
    negative = [case for case in tried if any(probe.expect.outcome == NO_MATCH for probe in case.probes)]
    if "nothing should match" in bug:
        assert negative
        assert expectation.reasons == {Reason.NOT_PROGRAMMED}


def test_the_certificate_that_ended_an_older_suite_has_no_names_of_hosts() -> None:
    probe = WireProbe("GET", "https", "foo.test", "/", sni="foo.test")

    async def asked() -> Answer:
        behaviour = parse("default-certificate-always")
        own = secret("s", self_signed("foo", hosts=("foo.test",)))
        tls = ingress("i", class_name="reference", tls=[{"hosts": ["foo.test"], "secretName": "s"}])
        async with fronted(snapshot(ingresses=[tls], secrets=[own]), behaviour) as (_, http, https):
            sender = Sender(Endpoint("127.0.0.1", http, https), ProbeLimits(5))
            return await asyncio.to_thread(sender.send, probe)

    answer = asyncio.run(asked())
    assert answer.status == 404, answer.detail
    assert answer.certificate is not None
    presented = x509.load_der_x509_certificate(answer.certificate)
    assert not [one for one in presented.extensions if one.oid == ExtensionOID.SUBJECT_ALTERNATIVE_NAME]
    assert certificate_facts(answer.certificate).names == ()
    assert certificate_facts(answer.certificate).readable


def shipped() -> KillMatrix:
    """The matrix that the suite ships, where there is one: without it a quick proof leaves nothing out."""
    found = published()
    if found is None:
        pytest.skip("no kill matrix is published yet: prove --publish makes it")
    return found


def test_the_published_matrix_is_of_these_mutants_and_cases_and_holds() -> None:
    found = shipped()
    assert {row.name for row in found.mutants} == MUTANTS.keys()
    assert {case.id for case in found.cases} == {case.id for case in EVERY}
    assert found.problems == found.obstacles == ()
    assert not [case.id for case in found.cases if not case.why_none and not case.killed]
    assert found.killed >= 0.98 * len(found.wrong)
    documented = Path(__file__).parents[2] / "docs" / "kill-matrix.md"
    assert documented.read_text(encoding="utf-8") == markdown(found)


def test_the_headline_hides_nothing_that_was_excused() -> None:
    found = shipped()
    said = headline(found)
    ask = [case for case in found.cases if case.level in {Level.CORE, Level.EXTENDED}]
    assert f"{sum(bool(case.killed) for case in ask)} of {len(ask)} judged cases kill" in said
    assert all(row.name in said for row in found.wrong if row.fate == "unjudged")
    assert ("named at the end" in said) is any(case.why_none for case in ask)
    # Without an excuse there is nothing to name.
    cases = tuple(case.model_copy(update={"why_none": "", "killed": ("m",)}) for case in ask)
    plain = headline(found.model_copy(update={"cases": cases, "mutants": ()}))
    assert plain.startswith(f"0 of 0 wrong controllers are killed, {len(ask)} of {len(ask)} judged cases kill one ")
    assert "(" not in plain


def test_a_quick_plan_has_every_mutant_and_every_case_that_kills() -> None:
    found = shipped()
    expected = expectations()
    plan = plan_of("quick", expected, EVERY, found)
    assert plan == plan_of("quick", expected, EVERY, found)
    assert all(plan[name] for name in expected)
    kills = {row.name: {kill.case for kill in row.kills} for row in found.mutants}
    must = {case.id for case in found.cases if case.killed}
    telling = {row.name for row in found.mutants if row.passed}
    had = {(name, case) for name in plan for case in kills[name].intersection(plan[name])}
    assert must == {case for name, case in had if name in telling or case in GROUND}
    # What else a mutant passes that spoils nearly all is a matter of chance.
    steady = {name for name in telling if not expected[name].spoils_others}
    could = {case for name in steady for case in kills[name]}
    assert could <= {case for name, case in had if name in steady}
    # A kill counts only beside something that the mutant passes.
    judged = {case.id for case in EVERY if case.level in {Level.CORE, Level.EXTENDED}}
    assert all(judged.intersection(plan[name]) - kills[name] for name in telling)
    assert sum(map(len, plan.values())) < 900


def test_the_forms_show_what_a_hostile_controller_said_as_text() -> None:
    made = matrix({"m": (WRONG, report(killed(detail="<script>|x|\x1b[31m")))})
    other = Expectation(breaks=frozenset({"P19"}), reasons=frozenset({Reason.WRONG_BACKEND}))
    wrong = matrix({"m": (other, report(killed(detail="<script>|x|\x1b[31m")))})
    pages = [dict(page_files(one))["kill-matrix.html"].decode() for one in (made, wrong)]
    for text in (markdown(made), markdown(wrong), *pages):
        assert "<script>|" not in text
        assert "\x1b" not in text
    assert "what is right" not in markdown(made)


def test_a_folder_that_holds_something_else_is_not_emptied(tmp_path: Path) -> None:
    check_folder(tmp_path / "new")
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(BadInput, match="would be emptied"):
        check_folder(tmp_path)
