"""The command on real controllers: what a small folder of realistic manifests comes to."""

import json
import re
import signal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from conformance.export.published import schema_text
from conformance.tests.live import begin
from conformance.tests.migrations import ingress
from conformance.waiting import wait_until

pytestmark = pytest.mark.e2e

SHOP = Path(__file__).resolve().parents[2] / "docs" / "examples" / "shop"
LIMIT = 900


def migrate(out: Path, old: str, new: str, *manifests: str) -> tuple[int, str, dict[str, Any]]:
    """Run the command; return its status, what it printed, and migration.json."""
    live = begin(out, "migrate", "--from", old, "--to", new, "--out", str(out), *manifests)
    outcome = live.finish(LIMIT)
    assert not live.leftovers()
    written = out / "migration.json"
    assert written.is_file(), outcome.errors
    found = json.loads(written.read_text())
    jsonschema.validate(found, json.loads(schema_text("migration.schema.json")))
    return outcome.status, outcome.output, found


def standing(found: dict[str, Any]) -> dict[str, str]:
    return {f"{one['namespace']}/{one['name']}": one["sort"] for one in found["ingresses"]}


def test_leaving_a_controller_that_reads_the_annotations_of_ingress_nginx(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: {{ .x }}}\n")
    status, output, found = migrate(tmp_path / "out", "traefik-nginx", "traefik", str(SHOP), str(broken))
    # Nobody knows what example.com/our-own does.
    assert status == 3
    sorts = standing(found)
    assert len(sorts) == 8
    assert sorts["shop/admin"] == "unsafe"
    assert sorts["shop/storefront"] == "unsafe"
    assert sorts["platform/old-docs"] == "ignored"
    assert sorts["platform/tenants"] == "partly asked"
    assert "not judged" not in sorts.values()
    first = found["changes"][0]
    assert first["sort"] == "unsafe"
    assert first["restore"]
    assert first["places"][0]["old"]["outcome"].startswith("status:40")
    assert first["places"][0]["new"]["outcome"] == "backend shop/admin"
    words = {one["name"]: one["status"] for one in found["annotations"]}
    assert words["whitelist-source-range"] == words["auth-type"] == "unsafe"
    assert words["permanent-redirect"] == "ignored"
    assert words["example.com/our-own"] == "unknown"
    assert [one["kind"] for one in found["problems"]] == ["template"]
    assert output.index("LESS SAFE") < output.index("Answered differently")
    assert (tmp_path / "out" / "migration.md").read_text().startswith("## What the move changes")
    assert b"shop/admin" in (tmp_path / "out" / "site" / "index.html").read_bytes()


def test_what_takes_several_requests_or_long_is_told_of_two_that_heed_it_and_do_not(tmp_path: Path) -> None:
    mine = [
        ingress("limited", host="limited.test", path="/", limit_connections="20"),
        ingress("timed", host="timed.test", path="/", proxy_read_timeout="300"),
        ingress("main", host="canary.test", path="/"),
        ingress("next", host="canary.test", path="/", service="next", canary="true", canary_weight="20"),
        ingress("vouched", host="vouched.test", path="/", auth_url="http://auth.test/", auth_response_headers="X-User"),
        ingress("clients", host="clients.test", path="/", tls=True, auth_tls_secret="shop/clients"),
    ]
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump_all(mine))
    _, _, found = migrate(tmp_path / "out", "traefik-nginx", "traefik", str(file))
    words = {one["name"]: one["status"] for one in found["annotations"]}
    # Which of the two Ingresses of one path Traefik serves is up to chance at each load.
    assert words.pop("canary-weight") in {"differs", "ignored"}
    assert words.pop("canary") in {"differs", "ignored"}
    assert words == {
        "limit-connections": "unsafe",
        "proxy-read-timeout": "ignored",
        "auth-url": "unsafe",
        "auth-response-headers": "unsafe",
        "auth-tls-secret": "unsafe",
    }
    facts = [place["old"]["facts"] for change in found["changes"] for place in change["places"]]
    assert {"let through": "1 of 12"} in [{k: v for k, v in one.items() if k == "let through"} for one in facts]
    (shares,) = {one["shares"] for one in facts if "shares" in one}
    canary, everybody = (int(number) for number in re.findall(r"\d+", shares)[::2])
    assert everybody >= 600
    assert 0.15 < canary / everybody < 0.25


def test_from_the_reference_to_skipper(tmp_path: Path) -> None:
    status, _, found = migrate(tmp_path / "out", "reference", "skipper", str(SHOP))
    sorts = standing(found)
    # Its wildcard hosts become a regular expression that is none; see its catalogue entry.
    assert sorts["platform/tenants"] == "differs"
    assert sorts["shop/admin"] in {"unchanged", "differs"}
    assert next(one["status"] for one in found["annotations"] if one["name"] == "auth-type") == "open before"
    assert status == 1


def test_a_plain_object_does_not_change_between_two_that_follow_the_specification(tmp_path: Path) -> None:
    plain = tmp_path / "plain.yaml"
    plain.write_text(yaml.safe_dump(ingress(path="/", tls=False)))
    _, _, found = migrate(tmp_path / "out", "reference", "traefik-strict", str(plain))
    kinds = {change["kind"] for change in found["changes"]}
    assert not kinds & {"path", "sub-path", "unknown-path", "sub-domain", "other-case"}
    assert found["requests"] >= 6


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    out = tmp_path / "out"
    live = begin(out, "migrate", "--from", "traefik-nginx", "--to", "traefik", "--out", str(out), str(SHOP))
    assert wait_until((out / "asked" / "traefik" / "events.jsonl").exists, 300)
    live.process.send_signal(signal.SIGINT)
    assert live.finish(120).status == 130
    assert not live.leftovers()
    assert not (out / "migration.json").exists()


def test_ingress_nginx_without_its_programs_is_told_and_nothing_is_invented(tmp_path: Path) -> None:
    out = tmp_path / "out"
    live = begin(out, "migrate", "--from", "ingress-nginx", "--to", "traefik", "--out", str(out), str(SHOP))
    outcome = live.finish(LIMIT)
    assert outcome.status == 3
    assert "--set binary=" in outcome.errors
    assert "migrate --from ingress-nginx --to traefik" in outcome.errors
    assert not (out / "migration.json").exists()
