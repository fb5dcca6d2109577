"""What the page of a case puts together: equal verdicts, answers, curl lines, certificates, measurements."""

from typing import Any

from conformance.case.model import Level
from conformance.case.statements import load_statements
from conformance.judge.words import Reason, Verdict
from conformance.report.model import (
    AttemptRecord,
    CaseRecord,
    MarkerRecord,
    MeasurementRecord,
    ObjectRecord,
    Observed,
    Parity,
    StepRecord,
)
from conformance.site.casepage import CasePage, case_page
from conformance.site.columns import columns_of
from conformance.site.render import Renderer
from conformance.site.usual import habits_of
from conformance.tests.reports import case_record, probe_record, report
from conformance.tests.rich_report import CERTIFICATE, named, passing
from conformance.tests.site_reports import compared


def page(*cases: CaseRecord) -> CasePage:
    """The page of a case that each of these runs judged; the runs are called a, b, …"""
    columns = columns_of(named(report(case), name) for case, name in zip(cases, "abcdef", strict=False))
    return case_page(cases[0].id, columns, load_statements(), {one.slug: habits_of(one.report) for one in columns})


def names(columns: Any) -> list[str]:
    return [column.name for column in columns]


def live(after: float | None) -> tuple[ObjectRecord, ...]:
    marker = MarkerRecord(host="r1.web.marker.test", live_after=after, looks=2, last_outcome="marker")
    return (ObjectRecord(manifest={"kind": "Ingress"}, marker=marker),)


def test_equal_verdicts_share_a_row_and_the_worst_stands_first() -> None:
    shown = page(
        case_record("s/x", objects=live(0.5)),
        case_record("s/x", Verdict.FAIL, objects=live(None)),
        case_record("s/x", objects=live(2.0), judged_alone=True),
    )
    assert [(one.cell.word, names(one.columns)) for one in shown.judged] == [("fail", ["b"]), ("pass", ["a", "c"])]
    assert [one.live_after for one in shown.judged] == ["never", "0.50–2.00"]
    assert [one.objects for one in shown.judged] == ["shared", "own, shared"]


def test_equal_answers_share_a_lane_and_others_keep_theirs() -> None:
    calm = [passing() for _ in range(3)]
    late = passing(
        attempts=(AttemptRecord(at=1.0, seconds=0.1, outcome="status:404", counted=True), *passing().attempts)
    )
    shown = page(*(case_record("s/x", probes=(probe,)) for probe in (*calm, late)))
    (answer,) = shown.probes[0].answers
    assert answer.lanes == ("d", "3 runs")
    assert [(names(columns), text) for columns, text in answer.stories] == [(["d"], "status:404, a ×2; second look a")]
    assert not shown.probes[0].calm


def test_failing_answers_have_a_lane_each() -> None:
    shown = page(*(case_record("s/x", Verdict.FAIL) for _ in range(3)))
    assert len(shown.probes[0].answers[0].lanes) == 3


def test_answers_that_differ_in_anything_are_not_put_together() -> None:
    probes = (
        probe_record(Verdict.FAIL),
        probe_record(Verdict.FAIL, reason=Reason.UNSTABLE),
        probe_record(Verdict.FAIL, observed=Observed(outcome="status:503", status=503)),
    )
    shown = page(*(case_record("s/x", Verdict.FAIL, probes=(probe,)) for probe in probes))
    assert len(shown.probes[0].answers) == 3


def test_curl_lines_that_differ_in_names_of_the_run_are_one() -> None:
    lines = ("curl foo.x.s.test ns conformance-aaaaaa", "curl foo.x.s.alone.test ns conformance-bbbbbb", "curl other")
    shown = page(*(case_record("s/x", probes=(probe_record(curl=line),)) for line in lines))
    assert [(line, names(columns)) for line, columns in shown.probes[0].curls] == [
        (lines[0], ["a", "b"]),
        (lines[2], ["c"]),
    ]
    assert names(shown.alone) == ["b"]


def test_what_the_backend_received_is_shown_where_it_differs() -> None:
    def got(target: str) -> Any:
        return passing(observed=Observed(outcome="a", received={"method": "GET", "target": target, "port": 8080}))

    shown = page(*(case_record("s/x", probes=(got(target),)) for target in ("/a", "/b", "/a")))
    assert [(names(one.columns), one.facts) for one in shown.probes[0].received] == [
        (["a", "c"], (("", "GET /a, port 8080"),)),
        (["b"], (("", "GET /b, port 8080"),)),
    ]


def test_certificates_of_one_kind_have_one_number() -> None:
    def seen(**changes: Any) -> CaseRecord:
        observed = Observed(outcome="a", certificate=CERTIFICATE.model_copy(update=changes))
        return case_record("s/x", probes=(passing(observed=observed),))

    shown = page(
        seen(issuer="OU=Testing CA #wpHgtZPei2jr", sha256="aa"),
        seen(issuer="OU=Testing CA #oaX_Nw4CllYl", sha256="bb"),
        seen(issuer="CN=another"),
    )
    assert [(one.number, one.issuer, len(one.leaves)) for one in shown.certificates] == [
        (1, "OU=Testing CA #…", 2),
        (2, "CN=another", 1),
    ]
    assert [one.facts for one in shown.probes[0].certificates] == [
        (("of no Secret of this case", "no. 1"),),
        (("of no Secret of this case", "no. 2"),),
    ]


def test_runs_that_lost_no_request_share_a_row_and_those_that_did_do_not() -> None:
    def lost(count: int, failed: int) -> CaseRecord:
        failures = {"reset": failed} if failed else {}
        made = MeasurementRecord(name="m", unit="requests", count=count, failed=failed, failures=failures)
        return case_record("s/x", measurements=(made,))

    ((name, rows),) = page(lost(10, 0), lost(30, 2), lost(20, 0)).measurements
    assert name == "m"
    assert [(names(columns), one.count, one.failed) for columns, one in rows] == [
        (["b"], "30", 2),
        (["a", "c"], "10–20", 0),
    ]


def test_probes_stand_below_their_step() -> None:
    step = StepRecord(number=1, title="It changes", actions=("update",), at=1.0, live_after=0.25)
    probes = (passing(id="step 1: GET /", step=1), passing(id="GET /"))
    shown = page(case_record("s/x", probes=probes, steps=(step,)))
    assert [(probe.step, probe.title) for probe in shown.probes] == [(0, "GET /"), (1, "GET /")]
    assert [(column.name, time) for column, time in shown.steps[0].times] == [("a", "0.25 s")]


def test_known_statements_say_what_they_say_and_unknown_ones_link_to_the_case() -> None:
    shown = page(case_record("s/x", statements=("P01", "Z99")))
    known, unknown = shown.statements
    assert known.says == "Prefix / matches every path."
    assert known.url.endswith("#examples")
    assert (unknown.says, unknown.url) == ("", "https://example.test/#spec")


def test_a_statement_of_ingress_nginx_links_to_the_page_that_says_it() -> None:
    (said,) = page(case_record("ingress-nginx/x", level=Level.PARITY, statements=("N-A13",))).statements
    assert said.url.startswith(
        "https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#"
    )


def test_what_the_api_server_answers_is_not_held_against_the_habits_of_a_controller() -> None:
    served = passing(observed=Observed(outcome="a", status=200, headers=(("Via", "p"),), received={"port": 80}))
    refused = probe_record(observed=Observed(outcome="refused:422", status=422, detail="pathType must be specified"))
    api = case_record("api/x", level=Level.API, probes=(refused,))
    (column,) = columns_of([report(case_record("s/y", probes=(served, served)), api)])
    shown = case_page("api/x", [column], load_statements(), {column.slug: habits_of(column.report)})
    (reply,) = shown.probes[0].replies
    assert (reply.headers, reply.missing) == ((), ())
    assert reply.facts == (("status", "422"), ("detail", "pathType must be specified"))
    assert b"The API server answered" in Renderer()(
        "case.html", root="../", page=shown, section="api", ticks=[], before=None, after=None
    )


def test_words_of_parity_are_told_with_what_they_mean_and_what_is_open_with_its_runs() -> None:
    shown = page(compared("n/x", Parity.SAME), compared("n/x", Parity.IGNORED, fail_open=True))
    assert [(look, word) for look, word, _ in shown.compared.words] == [("pi", "ignored"), ("ps", "same")]
    assert all(text.endswith(".") for _, _, text in shown.compared.words)
    assert (names(shown.compared.opened), shown.compared.lacks) == (["b"], ("nginx.ingress.kubernetes.io/auth-url",))
    assert [one.cell.word for one in shown.judged] == ["ignored, open", "same"]
    assert page(case_record("s/x")).compared.words == ()


def test_what_the_twin_answered_stands_beside_the_answers_of_the_case() -> None:
    """As much of it as the probe looks at, which is what the word rests on."""
    shown = page(compared("n/x", Parity.IGNORED), compared("n/x", Parity.DIFFERS))
    (twin,) = shown.probes[0].twins
    assert names(twin.columns) == ["a", "b"]
    assert twin.facts == (
        ("", "a"),
        ("of all requests", "a: 3"),
        ("received target", "/twin"),
        ("received X-Received:", "r"),
    )
    assert (twin.headers, twin.missing) == ((("Via", "p"),), ("WWW-Authenticate",))


def test_a_twin_that_is_not_served_is_told() -> None:
    made = compared("n/x", Parity.DIFFERS)
    assert made.twin is not None
    dead = made.model_copy(update={"twin": made.twin.model_copy(update={"objects": live(None)})})
    assert names(page(made, dead).compared.dead) == ["b"]


def test_the_page_tells_how_to_open_the_shell_in_which_the_curl_lines_of_the_worst_verdict_work() -> None:
    shown = page(case_record("s/x"), case_record("s/x", Verdict.FAIL))
    assert shown.shell == "ingress-conformance cluster shell --controller b s/x"
    assert page(case_record("s/x", level=Level.API)).shell == ""
    assert page(case_record("s/x", probes=())).shell == ""
    odd = columns_of([named(report(case_record("s/x; rm")), "a b")])
    shown = case_page("s/x; rm", odd, load_statements(), {one.slug: habits_of(one.report) for one in odd})
    assert shown.shell == "ingress-conformance cluster shell --controller 'a b' 's/x; rm'"


def test_no_shell_is_told_for_runs_on_clusters_that_it_does_not_make() -> None:
    made = report(case_record("s/x"))
    made = made.model_copy(update={"cluster": made.cluster.model_copy(update={"provider": "kind"})})
    columns = columns_of([made])
    assert case_page("s/x", columns, load_statements(), {columns[0].slug: habits_of(made)}).shell == ""
