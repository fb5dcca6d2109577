"""``report``: an HTML site from the reports of any number of runs."""

import gc
from pathlib import Path

import click


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("runs", nargs=-1, required=True, metavar="RUNS…", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("site"),
    show_default=True,
    metavar="SITE",
    help="Folder of the site: new, empty, or an earlier site.",
)
def report(runs: tuple[Path, ...], out: Path) -> None:
    """Make an HTML site from RUNS….

    RUNS are report.json files, or folders that are searched for them. Each run becomes a column of the matrix; runs
    of several versions of a controller become its history. The site is plain files: open SITE/index.html, or put the
    folder on any web server. It loads nothing from anywhere else. What `migrate` wrote below RUNS gets a page, too;
    what it saw on the way is no run, unless it is named.

    \b
    Examples:
      ingress-conformance report out --out site
      ingress-conformance report nightly/*/report.json reports/ --out site
    """
    # Imported here, so that the help stays quick.
    from conformance.case.statements import load_statements  # noqa: PLC0415
    from conformance.errors import BadInput  # noqa: PLC0415
    from conformance.migrate.written import migration_files, read_migrations  # noqa: PLC0415
    from conformance.report.reading import read_reports  # noqa: PLC0415
    from conformance.site.pages import site  # noqa: PLC0415
    from conformance.site.writing import write_site  # noqa: PLC0415

    # Everything that is read lives until the end; looking for garbage in it takes as long as reading it.
    gc.disable()
    try:
        # The same report in two places is one run; those of older suites have no digest, and stand for themselves.
        moved = [path for path in runs if migration_files(path)]
        files = read_reports(runs, may_lack=moved)
        if not files:
            hint = "give a run beside it; the page of a migration alone is site/index.html in its folder"
            raise BadInput("there is a migration, but no report of a run", where=str(moved[0]), hint=hint)
        reports = {file.report.digest or file.report.to_json(): file.report for file in files}
        moves = list(read_migrations(runs))
        count, size = write_site(site(reports.values(), load_statements(), moves), out)
    finally:
        gc.enable()
    counted = "1 run" if len(reports) == 1 else f"{len(reports)} runs"
    click.echo(f"{counted}, {count} files, {size / 1e6:.2f} MB: {out / 'index.html'}")
