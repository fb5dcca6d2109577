"""``cluster shell|up|down``: bad input, what is laid out for a person, and the real thing."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from click.testing import CliRunner, Result

from conformance.case.load import load_cases
from conformance.case.model import Case, Manifest, Placement
from conformance.cli.cluster import cluster
from conformance.clusters.api import Api
from conformance.clusters.local.shell import kept as kept_module
from conformance.clusters.local.shell.access import Access, Served
from conformance.clusters.local.shell.banner import banner
from conformance.clusters.local.shell.kept import Kept, end, forget, kept_cluster, mark_ready, started_at, state_file
from conformance.clusters.local.shell.lay_out import named_cases
from conformance.clusters.local.shell.order import Order
from conformance.clusters.local.shell.realms import both_realms, units_of
from conformance.clusters.local.shell.stepping import Stepping
from conformance.errors import BadInput, HarnessFailure
from conformance.probes.answer import Endpoint
from conformance.waiting import wait_until

SERVED = Served("traefik", "Traefik", Endpoint("10.100.1.1"), "traefik", "abc123", "traefik.io/ingress-controller")
ACCESS = Access(Path("/run/admin.kubeconfig"), SERVED)
EXACT = "path-types/exact-itself"
CHANGED = "life-cycle/change-backend"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INGRESS_CONFORMANCE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process in place of a keeper."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cluster, arguments, standalone_mode=False)


# Bad input is told before anything starts.


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["shell", "--controller", "refrence"], "did you mean reference"),
        (["shell", "--controller", "reference", "path-types/exact-itsef"], "did you mean path-types/exact-itself"),
        (["shell", EXACT], "cases need a controller"),
        (["shell", "--controller", "reference", EXACT, "--step", "1"], "no case here has steps"),
        (["shell", "--controller", "reference", EXACT, CHANGED, "--step", "3"], "no case here has more than 2"),
        (["shell", "--controller", "reference", "--step", "1"], "name a case that has some"),
        (["shell", "--attach"], "no cluster is up"),
        (["shell", "--attach", "--controller", "reference"], "leave out --controller"),
        (["shell", "--set", "traefik=./x"], "name one with --controller"),
        (["shell", "--controller", "traefik", "--set", "trafik=./x"], "did you mean traefik"),
        (["shell", "--controller", "reference", "--cases", "/nowhere.yaml", "x/y"], "/nowhere.yaml"),
        (["up", "--controller", "refrence"], "did you mean reference"),
    ],
)
def test_bad_input(cache: Path, arguments: Sequence[str], message: str) -> None:
    result = run(*arguments)
    assert isinstance(result.exception, BadInput) or result.exception.__class__.__name__ == "UsageError"
    assert message in str(result.exception)


def test_missing_program_is_told_before_the_cluster_starts(cache: Path) -> None:
    result = run("up", "--controller", "traefik", "--set", "traefik=/nowhere/traefik")
    assert isinstance(result.exception, HarnessFailure)
    assert "/nowhere/traefik" in str(result.exception)


@pytest.mark.parametrize("arguments", [["shell"], ["up"], ["down"]])
def test_not_inside_another_one(cache: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGRESS_CONFORMANCE_INSIDE", "1")
    assert "already inside" in str(run(*arguments).exception)


def test_down_without_up(cache: Path) -> None:
    result = run("down")
    assert (result.return_value, result.output) == (0, "No cluster is up.\n")


# What is laid out.


def _ingresses(case: Case) -> list[dict[str, object]]:
    return [m["spec"] for m in both_realms(units_of(case, SERVED.ground())) if m["kind"] == "Ingress"]


def test_objects_carry_the_hosts_of_both_judgements() -> None:
    (case,) = named_cases([EXACT, EXACT], [])
    (spec,) = _ingresses(case)
    rules = spec["rules"]
    assert isinstance(rules, list)
    hosts = [rule["host"] for rule in rules]
    assert "foo.com.exact-itself.path-types.test" in hosts
    assert "foo.com.exact-itself.path-types.alone.test" in hosts
    assert len(hosts) == 4, "two rules and a marker for each"
    assert spec["ingressClassName"] == "traefik"


def test_every_case_can_be_laid_out() -> None:
    for case in load_cases():
        units = units_of(case, SERVED.ground())
        only_alone: tuple[Placement, ...] = ("alone", "odd")
        assert len(units) == (1 if case.placement in only_alone else 2)
        merged = both_realms(units)
        assert [(m["kind"], m["metadata"]) for m in merged] == [
            (m["kind"], m["metadata"]) for m in (*units[0].backends, *units[0].standing)
        ]
        for unit in units:
            for one, whole in zip(unit.standing, merged[len(unit.backends) :], strict=True):
                for part in ("rules", "tls"):
                    entries = (one.get("spec") or {}).get(part) or []
                    assert all(entry in whole["spec"][part] for entry in entries), case.id


def test_a_second_class_is_one_of_the_same_controller() -> None:
    (case,) = named_cases(["classes/second-class"], [])
    made = both_realms(units_of(case, SERVED.ground()))
    controllers = [m["spec"]["controller"] for m in made if m["kind"] == "IngressClass"]
    assert controllers == ["traefik.io/ingress-controller"]


def test_steps_change_what_stands_under_the_hosts_of_both_judgements() -> None:
    written: list[Manifest] = []
    said: list[str] = []
    stepping = Stepping(cast("Api", SimpleNamespace(put=written.append)), None, said.append)
    for case in named_cases([CHANGED, "life-cycle/unrelated-updates", "life-cycle/controller-restart"], []):
        written.clear()
        later = stepping.carry_out(units_of(case, SERVED.ground()), 1)
        assert [unit.revision for unit in later] == [2] * len(later)
        if case.id == CHANGED:
            backends = [p["backend"] for m in written for r in m["spec"]["rules"] for p in r["http"]["paths"]]
            names = [backend["service"]["name"] for backend in backends]
            assert (names.count("a"), names.count("b")) == (0, 2)
        # The Ingress beside comes last: once it is loaded, so is what was written before.
        hosts = [rule["host"] for rule in written[-1]["spec"]["rules"]]
        assert hosts == [marker.host for unit in later for marker in unit.markers() if marker.host in hosts]
        assert all(host.startswith("r2.") for host in hosts)
    assert said == [
        "life-cycle/unrelated-updates: step 1: left out here: update an unrelated Ingress 500 times",
        "life-cycle/controller-restart: step 1: left out here: restart the controller",
    ]


def test_a_shell_restarts_the_controller_that_is_its_own() -> None:
    done: list[str] = []
    api = cast("Api", SimpleNamespace(put=lambda _: done.append("put")))
    (case,) = named_cases(["life-cycle/controller-restart"], [])
    Stepping(api, lambda: done.append("restart"), done.append).carry_out(units_of(case, SERVED.ground()), 1)
    assert done == ["restart", "put"]


def test_banner() -> None:
    text = banner(ACCESS, Order(case_ids=("a/b", "a/c")), ["a/b: not live"])
    assert "Traefik listens on 10.100.1.1 (http 80, https 443)" in text
    assert "conformance-abc123 and conformance-abc123-other" in text
    assert "2 case(s) are applied, 1 live" in text
    assert "everything is gone" in text
    joined = banner(Access(Path("/x")), Order(join=ACCESS), [])
    assert "without a controller" in joined
    assert "`cluster down`" in joined


def test_kubectl_may_be_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert banner(ACCESS, Order(), []).count("kubectl is not on PATH") == 1


def test_order_survives_the_command_line() -> None:
    order = Order("traefik", (("traefik", "./a b"),), ("c.yaml",), ("a/b",), 2, "echo 'x'\n", "/tmp", ACCESS)
    assert Order.from_json(order.to_json()) == order
    assert Order.from_json(Order().to_json()) == Order()
    assert Access.from_values(Access(Path("/x")).to_values()) == Access(Path("/x"))


# The state of a kept cluster.


def test_state_is_for_its_owner_alone(cache: Path) -> None:
    Kept(os.getpid(), started_at(os.getpid())).write()
    assert stat.S_IMODE(state_file().stat().st_mode) == 0o600
    mark_ready(ACCESS)
    assert kept_cluster() == Kept(os.getpid(), started_at(os.getpid()), ACCESS)
    forget(os.getpid() + 1)
    assert kept_cluster() is not None
    forget(os.getpid())
    assert kept_cluster() is None


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"pid": "x", "started": "", "access": null}', "\0"])
def test_damaged_state_is_none(cache: Path, content: str) -> None:
    state_file().write_text(content)
    assert kept_cluster() is None


def test_another_process_with_the_number_is_left_alone(cache: Path, sleeper: subprocess.Popen[bytes]) -> None:
    stale = Kept(sleeper.pid, "another boot:1", ACCESS)
    stale.write()
    assert kept_cluster() is None
    assert run("down").output == "No cluster is up.\n"
    end(stale)
    assert sleeper.poll() is None
    assert not state_file().exists()


def test_the_very_process_is_ended(cache: Path, sleeper: subprocess.Popen[bytes]) -> None:
    Kept(sleeper.pid, started_at(sleeper.pid), ACCESS).write()
    assert run("up").output.startswith("A cluster with Traefik on 10.100.1.1 is already up")
    assert run("down").output == "The cluster is down.\n"
    assert sleeper.wait(5) < 0
    assert list(state_file().parent.iterdir()) == []


def test_one_that_does_not_listen_is_killed(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_module, "POLITE", 0.2)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        end(Kept(process.pid, started_at(process.pid)))
        assert process.wait(5) == -9


def test_end_of_one_that_is_gone(cache: Path) -> None:
    with subprocess.Popen(["true"]) as process:
        kept = Kept(process.pid, started_at(process.pid) or "gone")
    end(kept)
    assert started_at(process.pid) == ""


# The real thing.


def command(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "conformance", "cluster", *arguments],
        env={**os.environ, "SHELL": "/bin/sh", **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def curl(host: str, path: str) -> str:
    return f"curl -sS -i --max-time 5 http://10.100.1.1:80{path} -H 'Host: {host}'"


@pytest.mark.e2e
def test_shell_answers_under_both_names_and_passes_the_status_on() -> None:
    first, second = (curl(f"foo.com.exact-itself.path-types.{realm}", "/foo") for realm in ("test", "alone.test"))
    script = f"{first} && echo && {second} && stat -c '%a kubeconfig' \"$KUBECONFIG\"; exit 7"
    done = command("shell", "--controller", "reference", EXACT, "-c", script)
    assert done.returncode == 7, done.stderr
    assert done.stdout.count('"backend":"a"') == 2
    assert "600 kubeconfig" in done.stdout
    assert "not live" not in done.stderr


@pytest.mark.e2e
@pytest.mark.parametrize(("steps", "backend"), [([], "a"), (["--step", "1"], "b")])
def test_shell_carries_out_steps(steps: list[str], backend: str) -> None:
    script = "\n".join(curl(f"foo.com.change-backend.life-cycle.{realm}", "/foo") for realm in ("test", "alone.test"))
    done = command("shell", "--controller", "reference", CHANGED, *steps, "-c", script)
    assert done.stdout.count(f'"backend":"{backend}"') == 2, done.stderr
    assert "not live" not in done.stderr


@pytest.mark.e2e
def test_shell_takes_commands_from_a_pipe() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "cluster", "shell"],
        env={**os.environ, "SHELL": "/bin/sh"},
        input='echo "config $KUBECONFIG"; exit 3\n',
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "config /" in done.stdout
    assert "Leave with exit" in done.stderr


@pytest.fixture
def programs_in_a_cache_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that shares the programs with the user's, so that no kept cluster of the user's is touched."""
    from conformance.cachedir import cache_path  # noqa: PLC0415 - before the variable is set

    programs = cache_path("programs")
    own = tmp_path / "cache"
    own.mkdir()
    (own / "programs").symlink_to(programs)
    monkeypatch.setenv("INGRESS_CONFORMANCE_CACHE", str(own))
    return own


def processes(marker: str) -> list[str]:
    """Return the processes that have ``marker`` in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if marker.encode() in (folder / "environ").read_bytes() and folder.name != str(os.getpid()):
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found


@pytest.mark.e2e
def test_up_is_entered_and_ended_without_leftovers(programs_in_a_cache_of_their_own: Path) -> None:
    cache = programs_in_a_cache_of_their_own
    marker = f"INGRESS_CONFORMANCE_CACHE={cache}"
    up = command("up", "--controller", "reference")
    try:
        assert up.returncode == 0, up.stderr
        assert "cluster shell" in up.stdout
        assert "cluster down" in up.stdout
        again = command("up")
        assert (again.returncode, "already up" in again.stdout) == (0, True)
        joined = command("shell", EXACT, "-c", f"{curl('foo.com.exact-itself.path-types.test', '/foo')}; exit 5")
        assert joined.returncode == 5, joined.stderr
        assert '"backend":"a"' in joined.stdout
        stays = command("shell", "--attach", "-c", curl("foo.com.exact-itself.path-types.alone.test", "/foo"))
        assert '"backend":"a"' in stays.stdout, stays.stderr
        assert processes(marker)
    finally:
        down = command("down")
    assert (down.returncode, down.stdout) == (0, "The cluster is down.\n")
    assert list((cache / "clusters").iterdir()) == []
    assert list((cache / "ground").iterdir()) == []
    assert wait_until(lambda: processes(marker) == [], 5), processes(marker)
    assert command("down").stdout == "No cluster is up.\n"


@pytest.mark.e2e
def test_killed_keeper_takes_everything_along(programs_in_a_cache_of_their_own: Path) -> None:
    marker = f"INGRESS_CONFORMANCE_CACHE={programs_in_a_cache_of_their_own}"
    assert command("up").returncode == 0
    kept = kept_cluster()
    assert kept is not None
    os.kill(kept.pid, 9)
    assert wait_until(lambda: processes(marker) == [], 10), processes(marker)
    assert command("down").stdout == "No cluster is up.\n"
