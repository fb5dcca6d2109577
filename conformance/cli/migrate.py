"""``migrate``: what a move to another controller changes for the Ingresses that a team has."""

# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from conformance.cli.migrating_kind import kind_options, settings_on
from conformance.cli.printing import PUBLISHED, format_option, print_found

if TYPE_CHECKING:
    from conformance.migrate.found import Reading


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("manifests", nargs=-1)
@click.option("--from", "old", required=True, metavar="X", help="The controller that you leave.")
@click.option("--to", "new", required=True, metavar="Y", help="The controller that you move to.")
@click.option("--context", default="", metavar="C", help="Read the Ingresses of a cluster, by its context; GET only.")
@click.option("--kubeconfig", default="", metavar="FILE", help="Where the context stands.")
@click.option("--ingress-class", default="", metavar="NAME", help="Only Ingresses of this class; others are counted.")
@click.option("--set", "programs", multiple=True, metavar="NAME=PATH", help="A controller's program that you have.")
@click.option(
    "--cluster",
    type=click.Choice(["local", "kind"]),
    default="local",
    show_default=True,
    help="Two embedded clusters, or two of kind, one after another, with the controllers in pods.",
)
@kind_options
@click.option("--out", default="out/migration", show_default=True, metavar="DIR", help="Folder of the results.")
@format_option("terminal", "markdown", "json", text=PUBLISHED)
def migrate(
    manifests: tuple[str, ...],
    old: str,
    new: str,
    context: str,
    kubeconfig: str,
    ingress_class: str,
    programs: tuple[str, ...],
    cluster: str,
    out: str,
    form: str,
    **options: Any,
) -> int:
    """Show what a move from one controller to another changes for your Ingresses.

    MANIFESTS are files, folders, or - for standard input. Your Ingresses are applied to two clusters, one with each
    controller, embedded or of kind, with echo backends in place of your Services and certificates of the suite's own
    in place of your Secrets. Both are asked the same; what differs is shown, whatever becomes less safe first.
    Only --from ingress-nginx works without MANIFESTS: what it is known to answer to the suite's own objects is what the
    new controller is held against, in several minutes.

    \b
    Examples:
      ingress-conformance migrate --from traefik-nginx --to traefik manifests/
      helm template shop ./chart | ingress-conformance migrate --from traefik --to contour -
      ingress-conformance migrate --from ingress-nginx --to traefik --context production \\
          --set binary=./nginx-ingress-controller --set nginx=./nginx --set data=./etc-nginx
      ingress-conformance migrate --from ingress-nginx --to traefik --cluster kind manifests/

    \b
    Exit status: 0 nothing changes, 1 something does, 2 bad input (also where a part of it could not be read and
    nothing else changes), 3 something could not be judged, or was only partly asked, 130 interrupted.
    """
    from conformance.cli.migrating import RECORDED, Wanted, migrate_objects, migrate_profile
    from conformance.errors import BadInput
    from conformance.migrate.markdown import migration_markdown
    from conformance.migrate.model import exit_status
    from conformance.migrate.terminal import print_migration

    kind = settings_on(cluster, {**options, "programs": programs})
    wanted = Wanted(old, new, programs, Path(out), kind)
    if context and manifests:
        raise BadInput("give manifests, or a context, not both", where="--context", hint="leave one of them out")
    if not manifests and not (context or kubeconfig):
        if old != RECORDED:
            # Easily forgotten, above all the - for standard input; a run of many minutes would not say so.
            hint = f"name files, a folder, - or --context; only --from {RECORDED} works without"
            raise BadInput("no manifests were given", hint=hint)
        if kind is not None:
            hint = f"name manifests, or see `run {new} --level parity --cluster kind`"
            raise BadInput("without manifests only the embedded cluster is asked", where="--cluster", hint=hint)
        migration = migrate_profile(wanted)
    else:
        migration = migrate_objects(wanted, _reading(manifests, kubeconfig, context, ingress_class))
    print_found(migration, form, migration_markdown, print_migration)
    if form == "terminal":
        click.echo(f"\nfiles: {out}/migration.json, migration.md, site/index.html")
    return exit_status(migration)


def _reading(manifests: tuple[str, ...], kubeconfig: str, context: str, ingress_class: str) -> Reading:
    from conformance.errors import BadInput
    from conformance.migrate.classes import classes_read, of_class
    from conformance.migrate.cluster import read_cluster
    from conformance.migrate.objects import read

    everything = read(manifests) if manifests else read_cluster(kubeconfig, context)
    found = of_class(everything, ingress_class) if ingress_class else everything
    if found.ingresses:
        return found
    told = "\n".join(str(trouble) for trouble in found.troubles if trouble.kind != "other")
    what = classes_read(everything) or (f"{found.others} objects of other kinds" if found.others else "")
    raise BadInput(
        f"there is no Ingress{f' of class {ingress_class}' if ingress_class else ''} to judge"
        + (f"\n{told}" if told else ""),
        hint=f"{what} were read" if what else "give manifests of Ingresses",
    )
