"""The options of a run, as pytest sees them; ``ingress-conformance run`` passes the same ones on."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.clusters.current.settings import Settings
from conformance.clusters.kind.settings import KindSettings
from conformance.engine.limits import Limits
from conformance.errors import BadInput
from conformance.suite import kind_cluster, own_cluster

if TYPE_CHECKING:
    # `run` reads this module, too, and has no other use for pytest before the cluster starts.
    import pytest

    from conformance.case.model import Level

CLUSTERS = ("local", "kind", "current")
MOST_REPEATS = 50


def add_options(parser: "pytest.Parser") -> None:
    """Declare the options; all of them only matter together with ``--controller``."""
    group = parser.getgroup("ingress-conformance", "conformance of a Kubernetes Ingress controller")
    group.addoption("--controller", metavar="NAME", help="a controller of the catalogue, or the path of an entry")
    group.addoption("--cluster", choices=CLUSTERS, default="local", help="where it runs (default: local)")
    for option, metavar, text in own_cluster.OPTIONS:
        group.addoption(option, metavar=metavar, default="", help=f"{own_cluster.clusters_of(option)}: {text}")
    exclusive, meaning = own_cluster.EXCLUSIVE
    group.addoption(exclusive, action="store_true", help=f"--cluster current: {meaning}")
    for option, metavar, text in kind_cluster.OPTIONS:
        group.addoption(option, metavar=metavar, default="", help=f"--cluster kind: {text}")
    image, metavar, text = kind_cluster.IMAGE
    group.addoption(image, action="append", default=[], metavar=metavar, help=f"--cluster kind: {text}")
    keep, meaning = kind_cluster.KEEP
    group.addoption(keep, action="store_true", help=f"--cluster kind: {meaning}")
    group.addoption("--level", metavar="LEVELS", default="", help="only these levels, comma-separated")
    group.addoption(
        "--select", metavar="EXPR", default="", help="only cases that fit, as in `cases list -k` (-k knows folders too)"
    )
    group.addoption("--isolate", action="store_true", help="give every case objects of its own from the start")
    group.addoption(
        "--cases", action="append", default=[], metavar="PATH", help="case files in place of the built-in ones"
    )
    group.addoption("--out", metavar="DIR", help="write DIR/CONTROLLER/events.jsonl and report.json")
    group.addoption(
        "--resume", action="store_true", help="finish the run whose events are in --out: judge only what is left"
    )
    group.addoption(
        "--set", action="append", default=[], metavar="NAME=PATH", dest="programs", help="a program of your own"
    )
    group.addoption(
        "--marker-limit", type=float, default=Limits.marker, metavar="S", help="seconds until new objects are served"
    )
    group.addoption(
        "--convergence",
        type=float,
        default=Limits.convergence,
        metavar="S",
        help="seconds that an answer may still be wrong once the objects are served",
    )
    group.addoption(
        "--repeat", type=int, default=1, metavar="N", help="judge every case N times, each time under other hosts"
    )
    group.addoption(
        "--invert",
        action="store_true",
        help="turn every expectation round: each case must then fail, or it proves nothing",
    )
    group.addoption(
        "--run-summary", action="store_true", help="show progress and the matrix, end with the run's status"
    )


@dataclass(frozen=True)
class RunOptions:
    """What the user asked for, checked."""

    controller: str
    cluster: str
    own_cluster: Settings
    kind_cluster: KindSettings
    controller_version: str
    levels: tuple["Level", ...]
    isolate: bool
    case_paths: tuple[Path, ...]
    out: Path | None
    programs: dict[str, str]
    limits: Limits
    repeat: int = 1
    invert: bool = False
    resume: bool = False
    expression: str = ""


def events_path(options: RunOptions, controller: str) -> Path | None:
    """Return the file of the events of a controller's run."""
    return options.out / controller / "events.jsonl" if options.out else None


def run_options(config: "pytest.Config") -> RunOptions:
    """Return the options of a run.

    Raises:
        BadInput: an unknown level, a program without a path, a number that is too small or too large.
    """
    marker, convergence = config.getoption("--marker-limit"), config.getoption("--convergence")
    repeat = config.getoption("--repeat")
    check_numbers(marker, convergence, repeat)
    out = config.getoption("--out")
    if config.getoption("--resume") and not out:
        raise BadInput("there is nothing to resume", where="--resume", hint="name the run's folder with --out")
    return RunOptions(
        controller=config.getoption("--controller"),
        cluster=config.getoption("--cluster"),
        own_cluster=own_cluster.settings_on(config.getoption("--cluster"), vars(config.option)),
        kind_cluster=kind_cluster.kind_settings_on(config.getoption("--cluster"), vars(config.option)),
        controller_version=config.getoption("--controller-version"),
        levels=levels_of(config.getoption("--level")),
        isolate=config.getoption("--isolate"),
        case_paths=tuple(Path(path) for path in config.getoption("--cases")),
        out=Path(out) if out else None,
        programs=dict(_program(text) for text in config.getoption("programs")),
        limits=Limits(marker=marker, convergence=convergence),
        repeat=repeat,
        invert=config.getoption("--invert"),
        resume=config.getoption("--resume"),
        expression=config.getoption("--select"),
    )


def check_numbers(marker: float, convergence: float, repeat: int) -> None:
    """Refuse limits within which nothing can be seen, or without an end, and a repeat that is none.

    Raises:
        BadInput: a limit is not positive or infinite, or the repeat is out of its range.
    """
    for option, seconds in (("--marker-limit", marker), ("--convergence", convergence)):
        # Asked this way round because nan is neither; whatever waits must have an end.
        if not 0 < seconds < math.inf:
            hint = f"for example {option} 60"
            raise BadInput(f"{seconds:g} is not a positive number of seconds", where=option, hint=hint)
    if not 1 <= repeat <= MOST_REPEATS:
        hint = "for example --repeat 3; once is the default"
        raise BadInput(f"{repeat} is not between 1 and {MOST_REPEATS}", where="--repeat", hint=hint)


def levels_of(text: str) -> tuple["Level", ...]:
    """Return the levels named in a comma-separated list; those of the specification for an empty one."""
    # Every pytest run imports this module.
    from conformance.case.model import SPECIFICATION  # noqa: PLC0415
    from conformance.case.selection import named_levels  # noqa: PLC0415

    return named_levels(text) or SPECIFICATION


def _program(text: str) -> tuple[str, str]:
    name, equals, path = text.partition("=")
    if not equals or not name or not path:
        raise BadInput(f"{text!r} is not NAME=PATH", where="--set", hint="for example --set traefik=./traefik")
    return name, path
