"""The command migrate before it starts anything."""

import pytest
from click.testing import CliRunner

from conformance.cli import migrating
from conformance.cli.migrate import migrate
from conformance.cli.migrating import Wanted
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
