"""Whatever is done to a run from outside, it says so, blames nobody wrongly, and goes on."""

import datetime as dt
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from conformance.tests.faults import await_events, await_process, honest, inside, kill, passes, processes
from conformance.tests.live import begin

pytestmark = [pytest.mark.e2e, pytest.mark.nightly]

FEW = "exact-itself or prefix-root or wildcard-one-label or only-a-default-backend or no-host"
MANY = "path-types or backends or scale or rolling or no-host"
JUDGED = '"final":true'
BEGUN = '"event":"controller"'

DELETE_NAMESPACES = """
import glob, json, os, ssl, urllib.request
from conformance.cachedir import cache_path
kubeconfig, = glob.glob(str(cache_path("ground")) + "/cluster-*/admin.kubeconfig")
config = json.load(open(kubeconfig))
cluster, token = config["clusters"][0]["cluster"], config["users"][0]["user"]["token"]
def ask(method, path):
    request = urllib.request.Request(cluster["server"] + path, method=method)
    request.add_header("Authorization", "Bearer " + token)
    context = ssl.create_default_context(cafile=cluster["certificate-authority"])
    return json.load(urllib.request.urlopen(request, context=context))
for item in ask("GET", "/api/v1/namespaces")["items"]:
    name = item["metadata"]["name"]
    if name.startswith("conformance-"):
        ask("DELETE", "/api/v1/namespaces/" + name)
        print(name)
"""


@pytest.mark.parametrize(
    ("program", "moment"), [("kube-apiserver", BEGUN), ("etcd", JUDGED), ("clusters.local.node", JUDGED)]
)
def test_a_program_of_the_cluster_is_killed(tmp_path: Path, program: str, moment: str) -> None:
    live = begin(tmp_path, "run", "reference", "-k", MANY)
    victim = await_process(live, program)
    await_events(live, moment)
    kill([victim])
    outcome = honest(live)
    assert passes(outcome) > 0.9, outcome.output


def test_the_api_server_hangs_for_a_while(tmp_path: Path) -> None:
    live = begin(tmp_path, "run", "reference", "-k", MANY)
    server = await_process(live, "kube-apiserver")
    await_events(live, BEGUN)
    os.kill(server, signal.SIGSTOP)
    time.sleep(12)
    os.kill(server, signal.SIGCONT)
    assert passes(honest(live)) > 0.9


def test_every_instance_of_the_controller_is_killed(tmp_path: Path) -> None:
    live = begin(tmp_path, "run", "reference", "-k", MANY)
    await_events(live, JUDGED)
    kill(processes(live, "conformance.reference"))
    outcome = honest(live)
    assert passes(outcome) > 0.5
    crashed = [case for case in outcome.report["cases"] if case["reason"] == "controller-crashed"]
    assert crashed or outcome.report["controller"]["restarts"] > 0


def test_the_run_s_namespaces_are_deleted(tmp_path: Path) -> None:
    live = begin(tmp_path, "run", "reference", "-k", MANY)
    await_events(live, BEGUN)
    assert inside(live, DELETE_NAMESPACES).count("conformance-") >= 2
    assert passes(honest(live)) > 0.9


def test_the_suite_itself_is_held_for_a_while(tmp_path: Path) -> None:
    live = begin(tmp_path, "run", "reference", "-k", MANY)
    await_events(live, JUDGED)
    suite = await_process(live, "conformance.clusters.local.inside pytest")
    for _ in range(3):
        for number in (signal.SIGSTOP, signal.SIGCONT):
            with suppress(ProcessLookupError):
                for pid in processes(live, "conformance.clusters.local.inside pytest"):
                    os.kill(pid, number)
            time.sleep(6 if number is signal.SIGSTOP else 1)
    assert suite
    assert passes(honest(live)) > 0.9


JUMPS = r"""
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
/* Every second and a half the wall clock jumps, by 37 minutes at least, forth and back, and never beyond 50 minutes
   from the right time: certificates that were made just now must be valid. For six minutes each of its errors is
   another, by 25 seconds at least, so that any two moments of a run show that it jumped between them. */
static long jump(void) {
    struct timespec steady;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &steady);
    long turn = (steady.tv_sec * 10 + steady.tv_nsec / 100000000) / 15;
    return (turn * 149 % 240 - 120) * 25;
}
int clock_gettime(clockid_t which, struct timespec *now) {
    int status = (int)syscall(SYS_clock_gettime, which, now);
    if (which == CLOCK_REALTIME) now->tv_sec += jump();
    return status;
}
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec exact;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *now) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (now) *now = exact.tv_sec;
    return exact.tv_sec;
}
"""


def test_the_wall_clock_jumps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler to make the clock jump")
    source, library = tmp_path / "jumps.c", tmp_path / "jumps.so"
    source.write_text(JUMPS)
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source], check=True, timeout=60)
    monkeypatch.setenv("LD_PRELOAD", str(library))
    times = subprocess.run(
        [sys.executable, "-c", "import time\nfor _ in range(8): print(int(time.time())); time.sleep(.6)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.split()
    assert max(map(int, times)) - min(map(int, times)) > 2000
    began = time.monotonic()
    outcome = honest(begin(tmp_path / "out", "run", "reference", "-k", MANY))
    took = time.monotonic() - began
    assert passes(outcome) == 1.0
    durations = outcome.report["run"]["durations"]
    if took < 360:
        # What the run itself says of its beginning and its end: the clock jumped for it, too.
        started, finished = (dt.datetime.fromisoformat(outcome.report["run"][end]) for end in ("started", "finished"))
        assert abs((finished - started).total_seconds() - durations["total"]) > 12
    assert all(0 <= seconds <= took for seconds in durations.values()), durations
    for case in outcome.report["cases"]:
        for attempt in (attempt for probe in case["probes"] for attempt in probe["attempts"]):
            assert 0 <= attempt["at"] <= took
            assert 0 <= attempt["seconds"] <= 10


def test_ports_that_others_have_taken_on_the_machine_do_not_matter(tmp_path: Path) -> None:
    with ExitStack() as taken:
        for port in (80, 443, 2379, 2380, 6443, 10256):
            with suppress(OSError):  # Taken already, or not for us: all the better.
                taken.enter_context(socket.create_server(("0.0.0.0", port)))
        assert passes(honest(begin(tmp_path, "run", "reference", "-k", FEW))) == 1.0


def test_an_instance_that_finds_its_port_taken_is_nobody_s_failure(tmp_path: Path) -> None:
    entry = tmp_path / "reference.yaml"
    hold = r"import socket, time; s = socket.create_server(('{address}', 80)); time.sleep(600)"
    script = f'[ {{address}} = 10.100.1.1 ] || {{{{ \\"$0\\" -c \\"{hold}\\" & sleep 1; }}}}; exec \\"$0\\" \\"$@\\"'
    known = (Path(__file__).parents[1] / "controllers" / "catalogue" / "reference.yaml").read_text()
    assert known.count('- "{reference}"') == 1
    known = known.replace('- "{reference}"', f'- "{{sh}}"\n    - "-c"\n    - "{script}"\n    - "{{reference}}"')
    entry.write_text(known.replace("  programs:\n", "  programs:\n    sh: {path: sh}\n"))
    outcome = honest(begin(tmp_path / "out", "run", str(entry), "-k", FEW))
    verdicts = outcome.verdicts()
    assert verdicts["path-types/exact-itself"] == ("pass", None)
    assert verdicts["hosts/no-host"] == ("error", "harness")
    (unjudged,) = [case for case in outcome.report["cases"] if case["id"] == "hosts/no-host"]
    assert "can't listen" in unjudged["detail"]
    assert outcome.status == 3


def test_a_full_disk_ends_the_run_and_room_lets_it_be_finished(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a small file system")
    small = tmp_path / "small"
    small.mkdir()
    run = f"{sys.executable} -m conformance run reference -k '{FEW}'"
    script = (
        f"mount -t tmpfs -o size=24k tmpfs {small} && {run} --out {small}; echo status $?;"
        f" tail -c 1 {small}/reference/events.jsonl | od -An -c;"
        f" mount -o remount,size=16m {small} && {run} --resume {small}; echo status $?"
    )
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.stdout.split("status ")[1:][0].startswith("3"), done.stderr
    assert done.stdout.rstrip().endswith("status 0"), done.stdout + done.stderr
    assert "\\n" in done.stdout
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr
