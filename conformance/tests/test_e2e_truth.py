"""Real control plane, right and wrong controllers: the suite neither passes what is wrong nor fails what is right."""

from pathlib import Path

import pytest

from conformance.tests.live import begin, run, shell_controller, wrong_reference

pytestmark = pytest.mark.e2e

FEW = "exact-itself or exact-other-path or prefix-root or wildcard-one-label or only-a-default-backend or no-host"
ROUTING = "path-types or hosts or backends"
SHORT = ("--marker-limit", "3", "--convergence", "3")


def test_the_reference_passes_every_case_packed_isolated_and_with_workers(tmp_path: Path) -> None:
    packed = run(tmp_path / "packed", "run", "reference")
    isolated = run(tmp_path / "isolated", "run", "reference", "--isolate")
    workers = run(tmp_path / "workers", "run", "reference", "-n", "4")
    assert [packed.status, isolated.status, workers.status] == [0, 0, 0], packed.output + packed.errors
    assert {verdict for verdict, _ in packed.verdicts().values()} == {"pass"}
    assert packed.verdicts() == isolated.verdicts() == workers.verdicts()
    assert not any(case["findings"] for case in packed.report["cases"])
    assert packed.report["run"]["complete"]


def test_traefik_gives_the_same_verdicts_packed_and_isolated(tmp_path: Path) -> None:
    packed = run(tmp_path / "packed", "run", "traefik", "-k", ROUTING)
    isolated = run(tmp_path / "isolated", "run", "traefik", "--isolate", "-k", ROUTING)
    assert packed.status == isolated.status == 1
    verdicts = [{key: verdict for key, (verdict, _) in outcome.verdicts().items()} for outcome in (packed, isolated)]
    assert verdicts[0] == verdicts[1]
    # Known of this product and version: prefixes are compared letter by letter, unless it is told otherwise.
    assert packed.verdicts()["path-types/prefix-of-characters"] == ("fail", "unexpected-match")
    assert packed.verdicts()["path-types/exact-itself"] == ("pass", None)


def test_a_variant_of_a_product_is_a_row_of_its_own(tmp_path: Path) -> None:
    outcome = run(tmp_path, "run", "traefik", "traefik-strict", "-k", "prefix-of-characters")
    assert outcome.status == 1
    verdicts = {name: report["cases"][0]["verdict"] for name, report in outcome.reports.items()}
    assert verdicts == {"traefik": "fail", "traefik-strict": "pass"}


@pytest.mark.parametrize(
    ("mutant", "case", "reason"),
    [
        ("string-prefix", "path-types/prefix-of-characters", "unexpected-match"),
        ("trailing-slash-redirected", "path-types/exact-rule-slash", "redirected"),
        ("wildcard-many-labels", "hosts/wildcard-two-labels", "unexpected-match"),
        ("query-dropped", "backends/query-unchanged", "wrong-header"),
        ("case-insensitive-paths", "path-types/exact-case", "unexpected-match"),
    ],
)
def test_a_wrong_controller_fails_for_the_right_reason(tmp_path: Path, mutant: str, case: str, reason: str) -> None:
    outcome = run(tmp_path, "run", wrong_reference(tmp_path, mutant), "-k", case.partition("/")[2], *SHORT)
    assert outcome.verdicts()[case] == ("fail", reason), outcome.output


@pytest.mark.parametrize(
    "mutant", ["always-404", "always-200", "garbage", "reset", "hang", "endless-body", "endless-headers"]
)
def test_a_controller_that_serves_nothing_right_passes_nothing(tmp_path: Path, mutant: str) -> None:
    outcome = run(tmp_path, "run", wrong_reference(tmp_path, mutant), "-k", FEW, *SHORT)
    assert outcome.status == 1, outcome.errors
    assert set(outcome.verdicts().values()) == {("fail", "not-programmed")}


def test_nothing_passes_on_a_controller_that_was_stopped_before_it_loaded_anything(tmp_path: Path) -> None:
    entry = tmp_path / "stopped.yaml"
    known = (Path(__file__).parents[1] / "controllers" / "catalogue" / "reference.yaml").read_text()
    known = known.replace("name: reference\n", "name: stopped\n", 1)
    entry.write_text(known.replace("python: conformance.reference}", "python: conformance.tests.stopped_controller}"))
    # On a busy machine it needs more than three seconds until it listens.
    limits = ("--marker-limit", "15", "--convergence", "3")
    outcome = run(tmp_path / "out", "run", str(entry), "-k", "exact-itself or exact-other-path", *limits)
    assert outcome.status == 1, outcome.errors
    assert set(outcome.verdicts().values()) == {("fail", "not-programmed")}
    # It listens: connections are taken, and no answer comes.
    cases = outcome.report["cases"]
    markers = {made["marker"]["lastOutcome"] for case in cases for made in case["objects"] if made.get("marker")}
    assert markers == {"timeout"}


def test_a_controller_that_starts_late_is_judged_by_what_it_serves_then(tmp_path: Path) -> None:
    entry = tmp_path / "late.yaml"
    known = (Path(__file__).parents[1] / "controllers" / "catalogue" / "reference.yaml").read_text()
    known = known.replace("name: reference\n", "name: late\n", 1).replace("process:\n", "instances: 1\nprocess:\n", 1)
    entry.write_text(known.replace("python: conformance.reference}", "python: conformance.tests.late_controller}"))
    outcome = run(tmp_path / "out", "run", str(entry), "-k", FEW, *SHORT)
    assert set(outcome.verdicts().values()) == {("pass", None)}, outcome.output
    assert not any(case["findings"] for case in outcome.report["cases"])


@pytest.mark.parametrize("again", ["", "test -e been && sleep 600; touch been; "], ids=["always", "the first time"])
def test_a_controller_that_ends_at_once_is_the_harness_s_trouble(tmp_path: Path, again: str) -> None:
    entry = shell_controller(tmp_path, "broken", f"{again}echo no such flag >&2; exit 7")
    outcome = run(tmp_path / "out", "run", entry, "-k", FEW, *SHORT)
    assert outcome.status == 3
    assert "no such flag" in outcome.errors
    assert "hint" in outcome.errors


def test_two_runs_at_once_do_not_meet(tmp_path: Path) -> None:
    runs = [begin(tmp_path / name, "run", "reference", "-k", FEW) for name in ("one", "two")]
    outcomes = [live.finish() for live in runs]
    assert [outcome.status for outcome in outcomes] == [0, 0]
    assert outcomes[0].verdicts() == outcomes[1].verdicts()
    assert [live.leftovers() for live in runs] == [[], []]
