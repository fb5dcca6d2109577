"""Runs on kind clusters, one after another, and what each left behind.

``python -m conformance.tests.kind_world FOLDER ARG…`` runs where the engine is, which may be in namespaces of its own;
ARG… go to every run. Writes FOLDER/seen.json.
"""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from conformance.clusters.current.patience import Patience
from conformance.clusters.kind.engine import find_engine
from conformance.tests.live import Live, Outcome, begin
from conformance.tests.test_e2e_action import Runner
from conformance.waiting import wait_until

JUDGED = (
    "life-cycle/controller-restart or default-class/ or life-cycle/scale or life-cycle/unready or life-cycle/ready "
    "or life-cycle/rolling or classes/ or backends/default or tls/own-certificate or ingress-types/"
)
"""Steps that act on pods and on the controller, the class, default backends, TLS: where kinds of cluster may differ."""

TEMPLATED = "hosts/wildcard or tls/one or default-class/"
"""On another controller that a template installs: instances of its own, TLS, and what it fails."""

FEW = "hosts/wildcard or default-class/"

SKIPPER, SKIPPER_ARCHIVE = "registry.opensource.zalan.do/teapot/skipper", "skipper.tar"
LIMIT = 900.0

MOVE = (
    *("--from", "traefik", "--to", "traefik-strict"),
    str(Path(__file__).resolve().parents[2] / "docs" / "examples" / "shop"),
)
"""Two entries with one image: more than one archive is not made for the test."""


def standing() -> dict[str, list[str]]:
    """Return everything that a run could leave: containers, networks, volumes, temporary folders."""
    engine = find_engine(Patience())

    def listed(*words: str) -> list[str]:
        return sorted(engine.commands.run([engine.program, *words], Patience(), 30).split())

    return {
        "containers": listed("ps", "--all", "--format", "{{.Names}}"),
        "networks": listed("network", "ls", "--format", "{{.Name}}"),
        "volumes": listed("volume", "ls", "--quiet"),
        "folders": sorted(str(path) for path in Path(tempfile.gettempdir()).glob("ingress-conformance-*")),
    }


def story(folder: Path, name: str, arguments: Sequence[str], during: Callable[[Live], None] | None = None) -> Any:
    """Run once, and return what was seen before, at its end, and afterwards."""
    before = standing()
    live = begin(folder / name, "run", *arguments)
    if during is not None:
        during(live)
    outcome = live.finish(LIMIT)
    return {
        "status": outcome.status,
        "errors": outcome.errors[-4000:],
        "output": outcome.output[-2000:],
        "cases": _cases(outcome),
        "logs": sorted(path.name for path in (folder / name).glob("*/kind-logs/*")),
        "before": before,
        "after": standing(),
        "processes": live.leftovers(),
    }


def _cases(outcome: Outcome) -> dict[str, Any]:
    reports = list(outcome.reports.values())
    return {case["id"]: [case["verdict"], case["reason"]] for case in reports[0]["cases"]} if reports else {}


def migration(
    folder: Path, name: str, arguments: Sequence[str], during: Callable[[Live], None] | None = None
) -> dict[str, Any]:
    """Move from one controller to another, and return what was seen before, at its end, and afterwards."""
    before = standing()
    out = folder / name
    live = begin(out, "migrate", *MOVE, "--out", str(out), *arguments)
    if during is not None:
        during(live)
    outcome = live.finish(LIMIT)
    written = out / "migration.json"
    found = json.loads(written.read_text())["ingresses"] if written.exists() else []
    return {
        "status": outcome.status,
        "errors": outcome.errors[-4000:],
        "sorts": {f"{one['namespace']}/{one['name']}": one["sort"] for one in found},
        "before": before,
        "after": standing(),
        "processes": live.leftovers(),
    }


def interrupt_when(condition: Callable[[], bool], sent: signal.Signals = signal.SIGINT) -> Callable[[Live], None]:
    """Return what sends a signal once the condition holds."""

    def interrupt(live: Live) -> None:
        assert wait_until(lambda: condition() or live.process.poll() is not None, LIMIT)
        live.process.send_signal(sent)

    return interrupt


def beside_each_other(folder: Path, arguments: Sequence[str]) -> Any:
    """Run twice at the same time."""
    before = standing()
    lives = [begin(folder / name, "run", *arguments) for name in ("one", "other")]
    outcomes = [live.finish(LIMIT) for live in lives]
    return {
        "errors": "".join(outcome.errors[-2000:] for outcome in outcomes),
        "cases": [_cases(outcome) for outcome in outcomes],
        "before": before,
        "after": standing(),
        "processes": [line for live in lives for line in live.leftovers()],
    }


def kept(folder: Path, arguments: Sequence[str]) -> Any:
    """Run twice on a cluster that is kept, and delete it as the run says."""
    before = standing()
    told = [story(folder, name, [*arguments, "--keep"]) for name in ("first", "second")]
    command = told[-1]["errors"].rpartition("to delete it: ")[2].partition("\n")[0]
    while_kept = standing()
    deleted = subprocess.run(command, shell=True, timeout=LIMIT, check=False).returncode
    return {
        "errors": [one["errors"] for one in told],
        "cases": [one["cases"] for one in told],
        "containers": while_kept["containers"],
        "deleted": deleted,
        "before": before,
        "after": standing(),
        "processes": [line for one in told for line in one["processes"]],
    }


def action(folder: Path, arguments: Sequence[str]) -> Any:
    """Run the steps of the GitHub action, which takes kind where nobody says otherwise."""
    before = standing()
    folder.mkdir()
    words = " ".join([*arguments, "-k", "ingress-types"])
    runner = Runner(folder, controller="traefik", out=str(folder / "results"), arguments=words, allow_failures="true")
    green, printed = runner.run()
    return {"green": green, "printed": printed[-3000:], "before": before, "after": standing(), "processes": []}


def main(folder: Path, arguments: Sequence[str]) -> None:
    """Tell all stories."""
    kind = ["traefik", "--cluster", "kind", *arguments]
    skipper = ["skipper", *_without_image(kind[1:])]
    if (folder.parent / SKIPPER_ARCHIVE).exists():
        skipper += ["--image", f"{SKIPPER}={folder.parent / SKIPPER_ARCHIVE}"]

    def a_node_is_there() -> bool:
        return any("ingress-conformance" in name for name in standing()["containers"])

    def judging(name: str) -> Callable[[], bool]:
        return lambda: any(path.stat().st_size for path in (folder / name).glob("*/events.jsonl"))

    missing = [*_without_image(kind), "--image", "traefik=localhost/nowhere:1"]
    stories: dict[str, Callable[[], Any]] = {
        "making": lambda: story(folder, "making", [*kind, "-k", "hosts"], interrupt_when(a_node_is_there)),
        "failing": lambda: story(folder, "failing", missing),
        "judging": lambda: story(folder, "judging", [*kind, "-k", "hosts"], interrupt_when(judging("judging"))),
        "terminated": lambda: story(
            folder, "terminated", [*kind, "-k", "hosts"], interrupt_when(judging("terminated"), signal.SIGTERM)
        ),
        "beside": lambda: beside_each_other(folder / "beside", [*kind, "-k", FEW]),
        "kept": lambda: kept(folder / "kept", [*kind, "-k", FEW]),
        "judged": lambda: story(folder, "judged", [*kind, "-k", JUDGED]),
        "template": lambda: story(folder, "template", [*skipper, "-k", TEMPLATED]),
        "migration": lambda: migration(folder, "migration", kind[1:]),
        "moving": lambda: migration(folder, "moving", kind[1:], interrupt_when(judging("moving/asked"))),
        "action": lambda: action(folder / "action", arguments),
    }
    seen = {}
    for name, tell in stories.items():
        seen[name] = tell()
        (folder / "seen.json").write_text(json.dumps(seen))


def _without_image(words: Sequence[str]) -> list[str]:
    kept = list(words)
    while "--image" in kept:
        at = kept.index("--image")
        del kept[at : at + 2]
    return kept


if __name__ == "__main__":
    target = Path(sys.argv[1])
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    main(target, sys.argv[2:])
