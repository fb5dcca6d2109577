"""The command migrate before it starts anything."""

import pytest
from click.testing import CliRunner

from conformance.cli import migrating
from conformance.cli.asking_on_kind import installable
from conformance.cli.migrate import migrate
from conformance.cli.migrating import Wanted
from conformance.clusters.kind.settings import kind_settings
from conformance.controllers.catalogue import find
from conformance.controllers.entry import Entry
from conformance.errors import BadInput


class Started(Exception):
    """Both controllers would be asked now."""


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(*_: Wanted) -> None:
        raise Started

    monkeypatch.setattr(migrating, "migrate_profile", start)


def failure(*arguments: str) -> BaseException | None:
    return CliRunner().invoke(migrate, list(arguments)).exception


def test_manifests_that_were_forgotten_are_asked_for() -> None:
    error = failure("--from", "traefik-nginx", "--to", "traefik")
    assert isinstance(error, BadInput)
    assert str(error) == (
        "no manifests were given\n  hint: name files, a folder, - or --context; only --from ingress-nginx works without"
    )


def test_what_was_recorded_of_ingress_nginx_needs_none() -> None:
    assert isinstance(failure("--from", "ingress-nginx", "--to", "traefik"), Started)


def test_the_help_says_that_manifests_may_be_left_out() -> None:
    assert "[MANIFESTS]..." in CliRunner().invoke(migrate, ["--help"]).output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["manifests", "--image", "traefik=own:1"], "this is for a kind cluster"),
        (["manifests", "--cluster", "kind", "--set", "traefik=/bin/traefik"], "no program is started there"),
        (["manifests", "--cluster", "kind", "--node-image", "no image"], "is no image"),
        (["--cluster", "kind"], "without manifests only the embedded cluster is asked"),
        (["--cluster", "current"], "is not one of"),
    ],
)
def test_what_means_nothing_on_that_cluster_is_refused(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(migrate, ["--from", "ingress-nginx", "--to", "traefik", *arguments])
    assert words in str(result.exception) + result.output


def entries(*names: str) -> list[Entry]:
    return [find(name) for name in names]


def test_each_controller_on_kind_gets_the_images_that_are_its_own() -> None:
    settings = kind_settings(image=["traefik=own:1"], node_image="node:1")
    own = installable(entries("traefik", "skipper"), settings)
    assert own["traefik"].images == {"docker.io/library/traefik": "own:1"}
    assert own["skipper"].images == {}
    assert {one.node_image for one in own.values()} == {"node:1"}


def test_an_image_of_neither_is_refused() -> None:
    with pytest.raises(BadInput, match="foo is no image of traefik or skipper") as caught:
        installable(entries("traefik", "skipper"), kind_settings(image=["foo=own:1"]))
    assert "controllers show NAME" in caught.value.hint


def test_a_controller_without_a_way_into_pods_is_refused() -> None:
    with pytest.raises(BadInput, match="reference says no way"):
        installable(entries("traefik", "reference"), kind_settings())
