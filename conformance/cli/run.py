"""``run``: judge controllers side by side, each on a cluster of its own."""

import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from conformance.cli.run_current import checked_names, judge_current, own_cluster_options
from conformance.cli.run_kind import judge_kind, kind_options
from conformance.cli.statuses import in_own_words, worst
from conformance.engine.limits import Limits
from conformance.errors import BadInput
from conformance.suite.options import CLUSTERS

if TYPE_CHECKING:
    from conformance.clusters.current.settings import Settings
    from conformance.controllers.entry import Entry


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("controllers", nargs=-1, metavar="CONTROLLER…")
@click.option("--cluster", type=click.Choice(CLUSTERS), default="local", show_default=True, help="Where it runs.")
@own_cluster_options
@kind_options
@click.option("-k", "expression", metavar="EXPR", default="", help="Only cases that fit, as in `cases list -k`.")
@click.option("--level", metavar="LEVELS", default="", help="Only these levels, such as core,extended.")
@click.option(
    "-n", "workers", metavar="WORKERS", default="", help="Number of pytest workers; the verdicts are the same."
)
@click.option("--out", metavar="DIR", default="out", show_default=True, help="Folder of the results.")
@click.option(
    "--resume", metavar="DIR", default="", help="Finish the runs in DIR that were cut short; with the same options."
)
@click.option("--isolate", is_flag=True, help="Give every case objects of its own: slower, the same verdicts.")
@click.option("--cases", "case_paths", multiple=True, metavar="PATH", help="Case files in place of the built-in ones.")
@click.option(
    "--repeat", default=1, show_default=True, metavar="N", help="Judge every case N times, up to 50, under other hosts."
)
@click.option("--invert", is_flag=True, help="Turn every expectation round: each case must fail, or it proves nothing.")
@click.option(
    "--parallel", type=click.IntRange(1, 64), metavar="N", help="Controllers at once; by default as the machine allows."
)
@click.option("--set", "programs", multiple=True, metavar="NAME=PATH", help="A controller's program that you have.")
@click.option(
    "--marker-limit",
    default=Limits.marker,
    show_default=True,
    metavar="SECONDS",
    help="How long the controller may take to serve new objects; after that they fail as not-programmed.",
)
@click.option(
    "--convergence",
    default=Limits.convergence,
    show_default=True,
    metavar="SECONDS",
    help="How long an answer may still be wrong once the objects are served; after that the case fails.",
)
def run(controllers: tuple[str, ...], **options: object) -> int:
    """Judge CONTROLLER… and print the verdicts.

    A CONTROLLER is a name of the catalogue (`controllers list`) or the path of an entry of your own (./my-entry.yaml).
    On the embedded cluster several run side by side, each on one of its own, and at the end one matrix shows in what
    they differ; elsewhere they go one after another.
    --resume finishes runs that were cut short: verdicts stand, and the other cases are judged. Without a CONTROLLER it
    is every run in DIR; without -k and --level it is the same cases.
    With --cluster current CONTROLLER may be any name: what serves --ingress-class in your own cluster is judged.

    \b
    Examples:
      ingress-conformance run traefik
      ingress-conformance run traefik contour skipper --out results
      ingress-conformance run traefik --level core -k "path-types and not exact"
      ingress-conformance run --resume results
      ingress-conformance run traefik --cluster kind
      ingress-conformance run traefik --cluster current --context my-cluster --ingress-class traefik

    \b
    Exit status: 0 every core case passes or is declared unsupported, 1 some core case fails, 2 bad input,
    3 the harness could not do its work, 130 interrupted. With several controllers the worst of them.
    """
    controllers = _resumed(controllers, options) if options["resume"] else controllers
    if not controllers:
        raise click.UsageError("Missing argument 'CONTROLLER…'.")
    _check_workers(str(options["workers"]))
    if options["cluster"] == "local" and len(controllers) == 1:
        from conformance.cli.judging_one import judge_one  # noqa: PLC0415

        (name,) = controllers
        return in_own_words(judge_one(pytest_arguments(name, options), partial(_get_ready, name, options)))
    own_cluster = _check_options(options)
    if options["cluster"] == "current":
        _refuse_twice(checked_names(controllers, own_cluster))
        return worst([judge_current(pytest_arguments(name, options), options) for name in controllers])
    if options["cluster"] == "kind":
        _refuse_twice(list(controllers))
        return judge_kind(controllers, {name: pytest_arguments(name, options) for name in controllers}, options)
    entries, programs = _check_entries(controllers, options)
    from conformance.cli.judging import judge_several  # noqa: PLC0415

    arguments = {entry.name: pytest_arguments(name, options) for entry, name in zip(entries, controllers, strict=True)}
    places = options["parallel"]
    assert places is None or isinstance(places, int)
    return worst(judge_several(entries, arguments, programs, Path(str(options["out"])), places))


def _get_ready(controller: str, options: dict[str, object]) -> None:
    """Refuse bad input, and get the programs of the controller.

    Raises:
        ConformanceError: bad input, or a program that cannot be had.
    """
    _check_options(options)
    (entry,), programs = _check_entries((controller,), options)
    from conformance.cli.judging import saying, warn_if_busy  # noqa: PLC0415
    from conformance.controllers.prepare import prepare  # noqa: PLC0415

    prepare(entry, programs, saying(entry))
    warn_if_busy()


def _resumed(controllers: tuple[str, ...], options: dict[str, object]) -> tuple[str, ...]:
    """Point the options at the folder of the runs to finish; returns the controllers, by default all that are there.

    Raises:
        BadInput: no run is there, its events cannot be read, or --out says something else.
    """
    from conformance.suite.resuming import earlier_run  # noqa: PLC0415

    folder, source = Path(str(options["resume"])), click.get_current_context().get_parameter_source("out")
    if source is ParameterSource.COMMANDLINE and Path(str(options["out"])) != folder:
        raise BadInput("--resume names the folder already", where="--out", hint="leave --out out")
    options["out"] = str(folder)
    found = {path.parent.name: path for path in sorted(folder.glob("*/events.jsonl"))}
    if not any(earlier_run(path) for path in found.values()):
        hint = "name the folder that `run --out DIR` was given; without --resume a new run begins"
        raise BadInput("there is no run to finish", where=str(folder), hint=hint)
    return controllers or tuple(found)


def _check_options(options: dict[str, object]) -> "Settings":
    """Refuse bad input before anything is started; returns what was said of a cluster of the user's own."""
    from conformance.suite.kind_cluster import kind_settings_on  # noqa: PLC0415
    from conformance.suite.options import check_numbers  # noqa: PLC0415
    from conformance.suite.own_cluster import settings_on  # noqa: PLC0415

    marker, convergence, repeat = (options[name] for name in ("marker_limit", "convergence", "repeat"))
    assert isinstance(marker, float)
    assert isinstance(convergence, float)
    assert isinstance(repeat, int)
    check_numbers(marker, convergence, repeat)
    _check_selection(options, repeat)
    kind_settings_on(str(options["cluster"]), options)
    return settings_on(str(options["cluster"]), options)


def _check_workers(workers: str) -> None:
    """Refuse what is no number before pytest does, in words of its own."""
    if workers and not (workers.isascii() and workers.isdigit()):
        raise BadInput(f"{workers!r} is not a number of workers", where="-n", hint="for example -n 4")


def _check_selection(options: dict[str, object], repeat: int) -> None:
    """Refuse case files that are wrong, and options that leave no case to judge."""
    from conformance.case.load import load_asked  # noqa: PLC0415
    from conformance.case.repeating import repeated  # noqa: PLC0415
    from conformance.case.selection import selected  # noqa: PLC0415
    from conformance.suite.options import levels_of  # noqa: PLC0415

    paths, expression, levels = options["case_paths"], str(options["expression"]), levels_of(str(options["level"]))
    assert isinstance(paths, tuple)
    cases = repeated(load_asked([Path(path) for path in paths], levels), repeat)
    found = selected(cases, expression, levels)
    narrowing = [option for option, name in (("-k", "expression"), ("--level", "level")) if options[name]]
    # A run that goes on has its cases from before, unless other ones are asked for.
    if not found and (narrowing or not options["resume"]):
        command = ["ingress-conformance", "cases", "list", *(word for path in paths for word in ("--cases", path))]
        where = "/".join(narrowing) or "--cases"
        raise BadInput("no case fits", where=where, hint=f"see: {shlex.join(command)}")


def _check_entries(controllers: tuple[str, ...], options: dict[str, object]) -> tuple[list["Entry"], dict[str, str]]:
    """Refuse controllers that cannot be started; returns their entries, and the programs of --set."""
    from conformance.controllers.catalogue import check_overrides, find, parse_overrides  # noqa: PLC0415
    from conformance.controllers.command import process_of  # noqa: PLC0415

    settings = options["programs"]
    assert isinstance(settings, tuple)
    programs = parse_overrides(settings)
    entries = [find(controller, programs) for controller in controllers]
    check_overrides(entries, programs)
    _refuse_twice([entry.name for entry in entries])
    for entry in entries:
        process_of(entry)
    return entries, programs


def _refuse_twice(names: list[str]) -> None:
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise BadInput(
            f"named twice: {', '.join(sorted(twice))}", hint="each controller's results get a folder of its name"
        )


def pytest_arguments(controller: str, options: dict[str, object]) -> list[str]:
    """Return the pytest command that a run is."""
    # Capturing would swallow the progress.
    arguments = ["--pyargs", "conformance.suite", "--controller", controller, "--run-summary", "--capture=no"]
    arguments += ["-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:logging", "-p", "no:allure_pytest"]
    # No test is run here: nothing asserts, and looking for objects that were never closed takes a second at the end.
    arguments += ["--assert=plain", "-p", "no:unraisableexception", "-p", "no:threadexception"]
    arguments += ["-c", "/dev/null", "--rootdir", str(Path.cwd())]
    # pytest's own -k would look at the names of folders as well.
    chosen = {"--cluster": "cluster", "--out": "out", "--level": "level", "--select": "expression"}
    for option, name in chosen.items():
        if options[name]:
            arguments += [option, str(options[name])]
    arguments += ["--marker-limit", str(options["marker_limit"]), "--convergence", str(options["convergence"])]
    arguments += ["--repeat", str(options["repeat"])]
    arguments += [f"--{name}" for name in ("isolate", "invert", "resume") if options[name]]
    if options["workers"]:
        arguments += ["-n", str(options["workers"])]
    for option, name in (("--cases", "case_paths"), ("--set", "programs")):
        values = options[name]
        assert isinstance(values, tuple)
        for value in values:
            arguments += [option, str(value)]
    return arguments
