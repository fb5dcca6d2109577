"""The written forms of a migration: JSON that can be read again, a page, Markdown, and the terminal's lines."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from lxml import html

from conformance.export.published import schema_text
from conformance.migrate.markdown import MOST_NAMESPACES, migration_markdown
from conformance.migrate.model import Migration
from conformance.migrate.never_asked import NEVER_ASKED
from conformance.migrate.question import Question
from conformance.migrate.written import read_migrations
from conformance.site.pages import move_site
from conformance.tests.migrations import Reply, found, guarding, ingress, migrated, migrated_of, served, shown


def test_the_json_fits_its_schema_and_can_be_read_again(tmp_path: Path) -> None:
    whole = migrated([ingress(tls=True, whitelist_source_range="10.0.0.0/8")], guarding("status:403"), served)
    written = whole.to_json()
    jsonschema.validate(json.loads(written), json.loads(schema_text("migration.schema.json")))
    (tmp_path / "migration.json").write_text(written)
    assert list(read_migrations([tmp_path])) == [whole]


@pytest.mark.parametrize(
    "mine", [ingress(), ingress(enable_cors="true", upstream_vhost="x.test")], ids=["bare", "more"]
)
def test_each_form_says_what_is_never_asked(mine: dict[str, Any]) -> None:
    whole = migrated([mine], served, served)
    tree = html.document_fromstring(dict(move_site(whole))["index.html"].decode())
    page = "".join(map(str, tree.itertext()))
    forms = (whole.to_json(), migration_markdown(whole).replace("&#42;", "*"), page, shown(whole))
    for left in NEVER_ASKED:
        for text in forms:
            assert left.why in text
    whys = " ".join(f"{left.kind} {left.why}" for left in NEVER_ASKED)
    for what in ("WebSocket", "method", "HTTP/2", "Host", "X-Forwarded-*", "X-Real-IP"):
        assert what in whys


EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>`[x](javascript:alert(3))` \u202e\x1b[31m'


def hostile() -> Migration:
    """Return a migration of an Ingress with names that no manifest may have, but a file of results may."""
    manifest = ingress("evil", service="web", permanent_redirect=EVIL)
    evil, tame = found(manifest, ingress("tame"))
    evil = replace(evil, name=EVIL[:60], namespace=EVIL, annotations={**evil.annotations, EVIL: EVIL})

    def lying(question: Question) -> Reply:
        return Reply(outcome=f"redirect:301:{EVIL}", headers=((EVIL, EVIL),))

    return migrated_of((evil, tame), lying, served)


def test_nothing_that_anybody_wrote_becomes_part_of_the_page() -> None:
    page = dict(move_site(hostile()))["index.html"]
    tree = html.document_fromstring(page.decode())
    scripts = [element.get("src") for element in tree.iter("script")]
    assert scripts == ["assets/early.js", "assets/page.js"]
    assert not list(tree.iter("img"))
    assert not any(str(name).startswith("on") for element in tree.iter(html.etree.Element) for name in element.attrib)
    assert not any("javascript" in (link.get("href") or "") for link in tree.iter("a"))
    assert "\u202e" not in page.decode()
    assert "\x1b" not in page.decode()


def test_nothing_that_anybody_wrote_becomes_markup_or_a_command_of_the_terminal() -> None:
    assert "\x1b" not in shown(hostile())
    markdown = migration_markdown(hostile())
    outside = "".join(part for number, part in enumerate(markdown.split("```")) if number % 2 == 0)
    assert "<script" not in outside
    assert "](javascript" not in outside


def rows(markdown: str) -> list[list[str]]:
    """The rows of the first table, but for its head."""
    lines = [line for line in markdown.partition("### ")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines][2:]


def test_each_namespace_has_a_row_with_how_its_ingresses_stand_the_worst_first() -> None:
    def half(question: Question) -> Reply:
        return Reply(outcome="status:404") if question.host == "old.test" else served(question)

    gone = Reply(outcome="status:404")
    mine = [
        ingress("kept", namespace="calm", host="calm.test"),
        ingress("kept-too", namespace="calm", host="too.test", path="/a/b"),
        ingress("new", namespace="loud", host="new.test", path="/a/b/c"),
        ingress("guarded", namespace="open", host="open.test", whitelist_source_range="10.0.0.0/8"),
        ingress("dead", namespace="open", host="old.test", path="/a/b/c/d"),
    ]
    whole = migrated(
        mine,
        lambda q: Reply(outcome="status:403") if q.variant else half(q),
        lambda q: gone if q.host == "new.test" else half(q),
    )
    assert rows(migration_markdown(whole)) == [
        ["<code>open</code>", "1", "1", "0", "0", "0", "0", "1"],
        ["<code>loud</code>", "0", "0", "1", "0", "0", "0", "2"],
        ["<code>calm</code>", "0", "0", "0", "0", "0", "2", ""],
    ]


def test_one_namespace_needs_no_table_and_very_many_are_cut() -> None:
    assert not rows(migration_markdown(migrated([ingress("a"), ingress("b", host="b.test")], served, served)))
    number = MOST_NAMESPACES + 2
    many = migrated([ingress("a", namespace=f"n{n}", host=f"h{n}.test") for n in range(number)], served, served)
    assert len(rows(migration_markdown(many))) == MOST_NAMESPACES
    assert "and 2 more namespaces, see migration.json." in migration_markdown(many)
    # The parts of a profile are sections of cases, and nobody's namespaces.
    assert not rows(migration_markdown(many.model_copy(update={"basis": "profile"})))


def test_a_namespace_cannot_break_out_of_its_cell() -> None:
    evil, tame = found(ingress("evil"), ingress("tame"))
    evil = replace(evil, namespace="a|b`<img src=x>\n| c |\u202e")
    markdown = migration_markdown(migrated_of((evil, tame), served, served))
    assert [len(cells) for cells in rows(markdown)] == [8, 8]
    assert "<img" not in markdown
    assert "\u202e" not in markdown


def test_every_change_on_the_page_can_be_reached_by_its_number() -> None:
    whole = migrated([ingress(tls=True, whitelist_source_range="10.0.0.0/8")], guarding("status:403"), served)
    tree = html.document_fromstring(dict(move_site(whole))["index.html"].decode())
    ids = {element.get("id") for element in tree.iter(html.etree.Element)}
    links = [href for link in tree.iter("a") if (href := str(link.get("href"))).startswith("#c")]
    assert links
    assert {link[1:] for link in links} <= ids
