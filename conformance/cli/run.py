"""``run``: judge controllers, one after another, each on a cluster of its own."""

from pathlib import Path

import click

from conformance.engine.limits import Limits
from conformance.errors import BadInput
from conformance.suite.options import CLUSTERS


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("controllers", nargs=-1, required=True, metavar="CONTROLLER…")
@click.option("--cluster", type=click.Choice(CLUSTERS), default="local", show_default=True, help="Where it runs.")
@click.option("-k", "expression", metavar="EXPR", default="", help="Only cases whose id matches, as in pytest's -k.")
@click.option("--level", metavar="LEVELS", default="", help="Only these levels, such as core,extended.")
@click.option(
    "-n", "workers", metavar="WORKERS", default="", help="Number of pytest workers; the verdicts are the same."
)
@click.option("--out", metavar="DIR", default="out", show_default=True, help="Folder of the results.")
@click.option("--isolate", is_flag=True, help="Give every case objects of its own: slower, the same verdicts.")
@click.option("--cases", "case_paths", multiple=True, metavar="PATH", help="Case files in place of the built-in ones.")
@click.option("--set", "programs", multiple=True, metavar="NAME=PATH", help="A controller's program that you have.")
@click.option(
    "--marker-limit", default=Limits.marker, show_default=True, metavar="S", help="Seconds for objects to live."
)
@click.option(
    "--convergence", default=Limits.convergence, show_default=True, metavar="S", help="Seconds to turn right."
)
def run(controllers: tuple[str, ...], **options: object) -> int:
    """Judge CONTROLLER… and print the verdicts.

    A CONTROLLER is a name of the catalogue (`controllers list`) or the path of an entry of your own (./my-entry.yaml).

    \b
    Examples:
      ingress-conformance run traefik
      ingress-conformance run traefik traefik-strict --out results
      ingress-conformance run traefik --level core -k "path-types and not exact"

    \b
    Exit status: 0 every core case passes or is declared unsupported, 1 some core case fails, 2 bad input,
    3 the harness could not do its work, 130 interrupted. With several controllers the worst of them.
    """
    _check(controllers, options)
    statuses = [_run_one(controller, options) for controller in controllers]
    return worst(statuses)


def worst(statuses: list[int]) -> int:
    """Return the status of several runs: interrupted, then bad input, 3, 1, 0."""
    return max(statuses, key=lambda status: (0, 1, 3, 2, 130).index(status) if status in {0, 1, 2, 3, 130} else 3)


def _check(controllers: tuple[str, ...], options: dict[str, object]) -> None:
    """Refuse bad input before anything is started."""
    from conformance.case.load import load_cases  # noqa: PLC0415
    from conformance.controllers.catalogue import find  # noqa: PLC0415
    from conformance.suite.options import levels_of  # noqa: PLC0415

    levels_of(str(options["level"]))
    paths = options["case_paths"]
    assert isinstance(paths, tuple)
    load_cases([Path(path) for path in paths] or None)
    names = [find(controller, {}).name for controller in controllers]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise BadInput(
            f"named twice: {', '.join(sorted(twice))}", hint="each controller's results get a folder of its name"
        )
    workers = str(options["workers"])
    if workers and not workers.isdigit():
        raise BadInput(f"{workers!r} is not a number of workers", where="-n", hint="for example -n 4")
    if options["cluster"] != "local":
        raise BadInput(
            f"the cluster {options['cluster']} is not there yet", where="--cluster", hint="use --cluster local"
        )


def _run_one(controller: str, options: dict[str, object]) -> int:
    from conformance.clusters.local.namespace import run_inside  # noqa: PLC0415

    return run_inside("pytest", pytest_arguments(controller, options))


def pytest_arguments(controller: str, options: dict[str, object]) -> list[str]:
    """Return the pytest command that a run is."""
    arguments = ["--pyargs", "conformance.suite", "--controller", controller, "--run-summary"]
    arguments += ["-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:logging", "-p", "no:allure_pytest"]
    arguments += ["-c", "/dev/null", "--rootdir", str(Path.cwd())]
    for option, name in (("--cluster", "cluster"), ("--out", "out"), ("--level", "level"), ("-k", "expression")):
        if options[name]:
            arguments += [option, str(options[name])]
    arguments += ["--marker-limit", str(options["marker_limit"]), "--convergence", str(options["convergence"])]
    if options["isolate"]:
        arguments.append("--isolate")
    if options["workers"]:
        arguments += ["-n", str(options["workers"])]
    for option, name in (("--cases", "case_paths"), ("--set", "programs")):
        values = options[name]
        assert isinstance(values, tuple)
        for value in values:
            arguments += [option, str(value)]
    return arguments
