"""``ingress-conformance cluster``: an embedded cluster to poke at by hand, and cleaning up in one of your own."""

# ruff: noqa: PLC0415 (imports take time, and the help must come at once)

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.case.model import Case
    from conformance.clusters.local.shell.order import Order

_controller_option = click.option(
    "--controller", metavar="NAME", help="Start this controller: a name of the catalogue, or the path of an entry."
)
_set_option = click.option(
    "--set", "settings", multiple=True, metavar="NAME=PATH", help="A controller's program that you have."
)


@click.group("cluster")
def cluster() -> None:
    """Poke at an embedded cluster by hand; clean up in a cluster of your own.

    \b
    Examples:
      ingress-conformance cluster shell --controller traefik path-types/exact-itself
      ingress-conformance cluster up --controller traefik
      ingress-conformance cluster shell            enters the one that is up
      ingress-conformance cluster down
      ingress-conformance cluster clean --context my-cluster --dry-run
    """


@cluster.command()
@click.argument("case_ids", nargs=-1, metavar="[CASE_ID]...")
@_controller_option
@_set_option
@click.option("--cases", "paths", multiple=True, metavar="PATH", help="Case files in place of the built-in ones.")
@click.option(
    "--step", "steps", type=click.IntRange(1), metavar="N", help="Carry out the first N steps of the cases as well."
)
@click.option("-c", "command", metavar="COMMAND", help="Run this in place of a prompt, and end with its status.")
@click.option("--attach", is_flag=True, help="Enter the cluster that `cluster up` keeps; fail if there is none.")
def shell(
    case_ids: tuple[str, ...],
    controller: str | None,
    settings: tuple[str, ...],
    paths: tuple[str, ...],
    steps: int | None,
    command: str | None,
    attach: bool,
) -> int:
    """Open a shell on a cluster of its own, with the objects of the cases named by CASE_ID.

    The curl lines of a report work in it: the objects are there under the host names of both the first and the second
    judgement. Of a case with steps it is what stands before the first, or after as many as --step says. KUBECONFIG is
    set. When the shell ends, everything is gone.

    Without --controller the shell enters the cluster that `cluster up` keeps, if one is up; what is applied there
    stays until `cluster down`.

    \b
    Examples:
      ingress-conformance cluster shell --controller traefik path-types/exact-itself
      ingress-conformance cluster shell --controller reference -c 'kubectl get ingressclass'
      ingress-conformance cluster shell --attach hosts/wildcard-one-label
      ingress-conformance cluster shell --controller traefik life-cycle/change-backend --step 1
    """
    from conformance.clusters.local.shell.entering import enter, open_alone
    from conformance.clusters.local.shell.kept import kept_cluster
    from conformance.clusters.local.shell.lay_out import named_cases
    from conformance.errors import BadInput

    _refuse_inside()
    if attach and (controller or settings):
        raise click.UsageError("--attach enters a cluster that has its controller: leave out --controller and --set")
    order = _order(controller, settings, paths=paths, case_ids=case_ids, steps=steps or 0, command=command)
    cases = named_cases(case_ids, [Path(path) for path in paths]) if case_ids else ()
    if steps is not None:
        _refuse_more_steps(steps, cases)
    kept = kept_cluster() if attach or not (controller or settings) else None
    if kept is not None and kept.access is not None:
        return enter(kept, order)
    if attach:
        raise BadInput("no cluster is up", hint="start one with: ingress-conformance cluster up")
    if case_ids and controller is None:
        raise BadInput("cases need a controller", where="cluster shell", hint="name one, such as --controller traefik")
    return open_alone(order)


@cluster.command()
@_controller_option
@_set_option
def up(controller: str | None, settings: tuple[str, ...]) -> int:
    """Keep an embedded cluster in the background, until `cluster down`.

    \b
    Examples:
      ingress-conformance cluster up
      ingress-conformance cluster up --controller traefik
    """
    from conformance.clusters.local.shell.background import start
    from conformance.clusters.local.shell.kept import kept_cluster, one_at_a_time

    _refuse_inside()
    order = _order(controller, settings)
    with one_at_a_time():
        there = kept_cluster()
        kept = there or start(order, lambda line: click.echo(f"  {line}", err=True))
    assert kept.access is not None
    served = kept.access.served
    what = f"with {served.title} on {served.endpoint.address}" if served else "without a controller"
    click.echo(f"A cluster {what} is {'already ' if there else ''}up (process {kept.pid}).")
    click.echo("Enter it with:  ingress-conformance cluster shell")
    click.echo("End it with:    ingress-conformance cluster down")
    return 0


@cluster.command()
def down() -> int:
    """End the cluster that `cluster up` keeps, with everything in it.

    \b
    Example:
      ingress-conformance cluster down
    """
    from conformance.clusters.local.shell.kept import end, kept_cluster

    _refuse_inside()
    kept = kept_cluster()
    if kept is None:
        click.echo("No cluster is up.")
        return 0
    end(kept)
    click.echo("The cluster is down.")
    return 0


@cluster.command()
@click.option("--kubeconfig", metavar="PATH", default="", help="The kubeconfig (else KUBECONFIG, else ~/.kube/config).")
@click.option("--context", metavar="NAME", default="", help="The context (else the current one).")
@click.option(
    "--older-than", metavar="AGE", default="0s", help="Only runs that began so long ago, such as 30m, 1h, 2d."
)
@click.option("--run", "run_id", metavar="ID", default="", help="Only what this run left.")
@click.option("--dry-run", is_flag=True, help="Say what would be deleted, and delete nothing.")
def clean(kubeconfig: str, context: str, older_than: str, run_id: str, dry_run: bool) -> int:
    """Delete what killed runs of `run --cluster current` have left in your own cluster.

    Only namespaces and IngressClasses are deleted that carry the label ingress-conformance.dev/run and are named after
    a run. What belongs to a run that goes on now on this machine is left alone; on a cluster that others use too, spare
    their runs with --older-than.

    \b
    Examples:
      ingress-conformance cluster clean --context my-cluster --dry-run
      ingress-conformance cluster clean --context my-cluster --older-than 1h

    Exit status: 0 if nothing is left of them, else 3.
    """
    from conformance.clusters.current.cleaning import clean_up, parsed_age
    from conformance.clusters.current.settings import Settings
    from conformance.errors import BadInput

    if run_id and not run_id.isalnum():
        raise BadInput(f"{run_id[:40]!r} is no id of a run", where="--run", hint="it is in the namespace's name")
    age = parsed_age(older_than)
    settings = Settings(kubeconfig=kubeconfig, context=context)
    return 0 if clean_up(settings, run_id, age, click.echo, dry_run=dry_run) else 3


def _order(
    controller: str | None,
    settings: tuple[str, ...],
    *,
    paths: tuple[str, ...] = (),
    case_ids: tuple[str, ...] = (),
    steps: int = 0,
    command: str | None = None,
) -> Order:
    """Return the order, after a look at the controller and its programs: an error now saves the start of a cluster."""
    from conformance.clusters.local.shell.order import Order
    from conformance.controllers.catalogue import check_overrides, find, parse_overrides
    from conformance.controllers.programs import program_states
    from conformance.errors import BadInput, HarnessFailure

    overrides = parse_overrides(settings)
    if controller is not None:
        entry = find(controller, overrides)
        check_overrides([entry], overrides)
        for state in program_states(entry):
            if state.missing:
                raise HarnessFailure(f"{entry.name}: {state.missing}", hint=state.hint)
    elif overrides:
        raise BadInput("--set is for a program of a controller", where="--set", hint="name one with --controller")
    return Order(
        controller=controller,
        programs=tuple(overrides.items()),
        case_paths=paths,
        case_ids=case_ids,
        steps=steps,
        command=command,
        folder=str(Path.cwd()),
    )


def _refuse_more_steps(steps: int, cases: Sequence[Case]) -> None:
    from conformance.errors import BadInput

    most = max((len(case.steps) for case in cases), default=0)
    if most < steps:
        have = f"no case here has more than {most}" if most else "no case here has steps"
        hint = "see: ingress-conformance cases show CASE_ID" if cases else "name a case that has some"
        raise BadInput(f"there is no step {steps}: {have}", where="--step", hint=hint)


def _refuse_inside() -> None:
    from conformance.clusters.local.namespace import inside
    from conformance.errors import BadInput

    if inside():
        raise BadInput("this is already inside an embedded cluster", hint="leave its shell first")
