"""What is meant to be secret in an annotation is sent, and stands in no file that others get to read."""

import subprocess
from typing import Any

import pytest

from conformance.migrate.markdown import migration_markdown
from conformance.migrate.model import Migration
from conformance.migrate.question import Question
from conformance.site.pages import move_site
from conformance.tests.migrations import Reply, ingress, migrated, plan, served, shown

SECRET = "s3cr3t beta's token"


def canary(**annotations: Any) -> list[dict[str, Any]]:
    return [ingress("app"), ingress("next", service="next", canary="true", canary_by_header="X-Beta", **annotations)]


MINE = canary(canary_by_header_value=SECRET)


def heeding(question: Question) -> Reply:
    return Reply("b", target=question.target) if ("X-Beta", SECRET) in question.headers else served(question)


@pytest.fixture
def found() -> Migration:
    return migrated(MINE, heeding, served)


def test_it_is_sent_and_compared(found: Migration) -> None:
    (asked,) = plan(*MINE).asked
    assert ("X-Beta", SECRET) in [pair for probe in asked.scenes[0].case.probes for pair in probe.headers]
    assert {one.name: one.status for one in found.annotations}["canary-by-header-value"] == "ignored"


def test_no_form_of_the_result_has_it(found: Migration) -> None:
    page = dict(move_site(found))["index.html"].decode()
    for text in (found.to_json(), migration_markdown(found), page, shown(found)):
        assert "s3cr3t" not in text
        assert "$CANARY_VALUE" in text


def test_the_line_sends_what_the_variable_holds(found: Migration) -> None:
    (change,) = found.changes
    (place,) = change.places
    assert place.headers == (("X-Beta", "$CANARY_VALUE"),)
    for said in (place.old, place.new):
        script = f'curl() {{ printf "%s\\n" "$@"; }}; {said.curl}'
        done = subprocess.run(
            ["sh", "-c", script], env={"CANARY_VALUE": SECRET}, capture_output=True, text=True, check=True
        )
        assert f"X-Beta: {SECRET}" in done.stdout.splitlines()


def test_values_that_everybody_may_know_are_shown() -> None:
    plain = migrated(canary(), lambda q: Reply("b") if ("X-Beta", "always") in q.headers else served(q), served)
    assert "X-Beta: always" in migration_markdown(plain)
    assert "$CANARY_VALUE" not in plain.to_json()
