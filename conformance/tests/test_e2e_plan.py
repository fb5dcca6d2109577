"""The objects of random plans, offered to a real API server as a dry run: it takes every one."""

import subprocess

import pytest

from conformance.clusters.local.namespace import start_inside

pytestmark = pytest.mark.e2e

SEED, OBJECTS = 1, 400


def test_the_server_takes_every_object_of_a_plan(capfd: pytest.CaptureFixture[str]) -> None:
    inside = start_inside("conformance.tests.dry_run", [str(SEED), str(OBJECTS)])
    try:
        status = inside.process.wait(300)
    except subprocess.TimeoutExpired:
        status = -1
    finally:
        inside.close()
    said = capfd.readouterr().out
    taken = said.splitlines()[-1].split() if said else []
    assert status == 0, said
    assert taken[0] == "taken"
    assert taken[1] == taken[3]
    assert int(taken[3]) >= OBJECTS
