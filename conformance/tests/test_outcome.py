"""What an answer shows: only a backend's own account of this very request is taken as that backend."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.probes.answer import BACKEND_HEADER, BODY_KEPT, METHOD_HEADER, Answer
from conformance.probes.outcome import Sighting, sent_to_https, sighting
from conformance.tests.answers import AWAY, ENDING, HOME, NAMES, SENT, account_of, served, status, trouble

NAMED = (BACKEND_HEADER, f"{HOME}/a/a-0")


def sight(answer: Answer) -> Sighting:
    return sighting(answer, names=NAMES, suffix=ENDING)


def test_a_backend_is_called_by_its_name_in_the_case() -> None:
    shown = sight(served("a", target="/x"))
    assert (shown.outcome, shown.backend, shown.namespace, shown.pod) == ("a", "a", HOME, "a-0")
    assert shown.account["target"] == "/x"


def test_a_backend_of_the_second_namespace_is_told_from_its_namesake() -> None:
    assert sight(served("a", AWAY)).outcome == "other/a"


def test_a_backend_of_a_foreign_namespace_is_shown_with_it() -> None:
    assert sight(served("a", "default")).outcome == "default/a"


def test_an_answer_to_another_request_is_stale() -> None:
    answer = replace(served("a"), sent="run-8")
    shown = sight(answer)
    assert shown.outcome == "stale"
    assert not shown.matched


FORGED = {
    "an html body": b"<html>hello</html>",
    "no body": b"",
    "a body of another backend": account_of("b"),
    "a body from another namespace": account_of("a", AWAY),
    "invalid UTF-8": b'{"backend": "\xff\xfe"}',
    "deep JSON": b"[" * 200_000,
    "a deep account": account_of().replace(b'"length":0', b'"length":' + b"[" * 5000 + b"]" * 5000),
    "a huge number": account_of().replace(b'"length":0', b'"length":' + b"9" * 5000),
    "a list": b"[]",
    "a lone surrogate": account_of().replace(b'"target":"/"', b'"target":"\\ud800"'),
    "no headers": json.dumps({"backend": "a", "namespace": HOME, "pod": "a-0"}).encode(),
    "headers of another shape": account_of().replace(b'"headers":[', b'"headers":[7,'),
    "half an account": account_of()[:-20],
}


@pytest.mark.parametrize("body", FORGED.values(), ids=FORGED)
@pytest.mark.parametrize("code", [200, 404, 308])
def test_the_header_alone_is_never_a_backend(body: bytes, code: int) -> None:
    shown = sight(status(code, NAMED, ("Location", "https://x/"), body=body))
    assert shown.outcome == "stale"
    assert not shown.matched


@pytest.mark.parametrize("value", ["", "a", "a/b", "a/b/c/d", "//", f"{HOME}/a/", f"{HOME}//a-0"])
def test_a_header_of_another_form_is_no_backend(value: str) -> None:
    assert sight(status(200, (BACKEND_HEADER, value), body=account_of())).outcome == "stale"


def test_a_body_without_the_header_is_no_backend() -> None:
    assert sight(status(200, body=account_of())).outcome == "status:200"


@given(st.binary(max_size=200), st.text(max_size=30), st.integers(100, 599))
def test_no_body_that_a_controller_makes_up_is_a_backend(body: bytes, header: str, code: int) -> None:
    shown = sight(status(code, (BACKEND_HEADER, header), body=body))
    assert not shown.matched or code in {101, 204, 304}


def test_an_answer_to_head_is_known_by_its_header() -> None:
    shown = sight(replace(status(200, NAMED, body=b""), head=True))
    assert (shown.outcome, shown.account) == ("a", {})
    told = sight(replace(status(200, NAMED, (METHOD_HEADER, "HEAD"), body=b""), head=True))
    assert told.account == {"method": "HEAD"}


def test_a_backend_that_answers_with_an_error_has_been_reached_all_the_same() -> None:
    shown = sight(served("a", status=503))
    assert shown.outcome == "status:503"
    assert shown.matched
    assert shown.backend == "a"


def test_a_long_answer_is_read_past_the_padding_of_its_body() -> None:
    answer = served("a")
    padded = replace(answer, body=answer.body.ljust(10 << 20)[: 1 << 20], truncated=True)
    assert sight(padded).outcome == "a"


def test_a_body_that_is_only_big_is_no_backend() -> None:
    assert sight(status(200, body=b"x" * (10 << 20))).outcome == "status:200"


def test_what_else_a_body_says_is_left_out_of_the_account() -> None:
    body = account_of().rstrip()[:-1] + b', "extra": [[[1]]]}'
    shown = sight(status(200, NAMED, body=body))
    assert shown.outcome == "a"
    assert "extra" not in shown.account


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_shown_without_what_made_the_host_unique(code: int) -> None:
    answer = status(code, ("Location", f"https://foo.com{ENDING}/bar"))
    assert sight(answer).outcome == f"redirect:{code}:https://foo.com/bar"


@pytest.mark.parametrize("answer", [status(308), status(200, ("Location", "/x")), status(304, ("Location", "/x"))])
def test_only_a_redirect_with_a_place_to_go_is_one(answer: Answer) -> None:
    assert sight(answer).outcome == f"status:{answer.status}"


def test_the_name_of_a_header_may_be_in_any_letter_case() -> None:
    assert sight(status(302, ("lOcAtIoN", "/x"))).outcome == "redirect:302:/x"


def test_an_endless_redirect_is_cut() -> None:
    assert len(sight(status(302, ("Location", "/" * 5000))).outcome) == 300


@pytest.mark.parametrize("word", ["refused", "reset", "timeout", "malformed", "tls-alert:unrecognized-name"])
def test_trouble_is_its_own_outcome(word: str) -> None:
    shown = sight(trouble(word))
    assert shown.outcome == word
    assert not shown.matched


def test_of_an_answer_all_headers_are_kept_and_as_much_of_the_body_as_a_report_shows() -> None:
    flood = Answer(SENT, 0.1, status=200, headers=(("X-A", "y" * 5000),) * 200, body=b"z" * (1 << 20))
    brief = flood.brief()
    assert (len(brief.body), brief.headers) == (BODY_KEPT, flood.headers)
    assert (brief.status, brief.sent) == (200, SENT)


def test_a_backend_that_answered_one_of_several_requests_alike_was_reached() -> None:
    own = served("a", status=404)
    for several in (replace(status(404), earlier=(own,)), replace(own, earlier=(status(404),))):
        assert (sight(several).outcome, sight(several).matched) == ("status:404", True)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("redirect:308:https://m.test/", True),
        ("redirect:301:https://M.test:443/x", True),
        ("redirect:308:http://m.test/", False),
        ("redirect:308:https://m.test.evil/", False),
        ("redirect:308:https://m.test@evil/", False),
        ("redirect:308:/", False),
        ("redirect:308:https://[m.test/", False),
        ("status:404", False),
        ("https://m.test/", False),
    ],
)
def test_only_a_redirect_to_the_same_host_is_one_to_https(outcome: str, expected: bool) -> None:
    assert sent_to_https(outcome, "m.test") is expected
