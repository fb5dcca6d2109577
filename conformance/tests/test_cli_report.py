"""``report``: from files to a site on the disk."""

import errno
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conformance.cli.report import report
from conformance.errors import BadInput, HarnessFailure
from conformance.report.evidence import mark_evidence
from conformance.report.model import Report
from conformance.site.writing import is_ours, write_site
from conformance.tests.migrations import ingress, migrated, served
from conformance.tests.rich_report import perfect, rich


def saved(made: Report, file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(made.to_json(), encoding="utf-8")
    return file


def run(*arguments: object) -> Result:
    return CliRunner().invoke(report, [str(argument) for argument in arguments], catch_exceptions=False)


def test_files_and_folders_become_one_site(tmp_path: Path) -> None:
    saved(rich(controller="one"), tmp_path / "runs" / "one" / "report.json")
    other = saved(perfect(controller="two"), tmp_path / "other.json")
    done = run(tmp_path / "runs", other, "--out", tmp_path / "site")
    assert done.exit_code == 0
    assert done.output.startswith("2 runs, ")
    assert {path.name for path in (tmp_path / "site").iterdir()} == {
        "index.html",
        "migrate.html",
        "verdicts.html",
        "assets",
        "case",
        "controller",
    }


def test_a_report_that_is_found_twice_is_one_run(tmp_path: Path) -> None:
    file = saved(rich(), tmp_path / "runs" / "one" / "report.json")
    saved(rich(), tmp_path / "copy" / "report.json")
    assert run(file, tmp_path, "--out", tmp_path / "site").output.startswith("1 run,")


def test_a_migration_gets_its_page_and_what_it_saw_is_no_run(tmp_path: Path) -> None:
    moved, site = tmp_path / "out" / "migration", tmp_path / "site"
    mark_evidence(moved / "asked")
    saved(rich(controller="old"), moved / "asked" / "old" / "report.json")
    with pytest.raises(BadInput, match="only what `migrate` saw"):
        run(tmp_path / "out", "--out", site)
    (moved / "migration.json").write_text(migrated([ingress()], served, served).to_json())
    with pytest.raises(BadInput, match="but no report of a run") as caught:
        run(moved, "--out", site)
    assert "site/index.html" in caught.value.hint
    file = saved(rich(controller="one"), tmp_path / "out" / "one" / "report.json")
    for runs in ([tmp_path / "out"], [file, moved]):
        assert run(*runs, "--out", site).output.startswith("1 run,")
        assert {path.name for path in (site / "move").iterdir()} == {"1.html"}


def test_the_same_site_twice_has_the_same_bytes(tmp_path: Path) -> None:
    file = saved(rich(), tmp_path / "report.json")
    sites = []
    for name in ("first", "second"):
        run(file, "--out", tmp_path / name)
        folder = tmp_path / name
        sites.append({path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()})
    assert sites[0] == sites[1]


def test_an_earlier_site_is_replaced_and_its_old_pages_are_gone(tmp_path: Path) -> None:
    site = tmp_path / "site"
    run(saved(rich(), tmp_path / "a.json"), "--out", site)
    mine = site / "case" / "notes.html"
    mine.write_text("my own")
    assert (site / "case" / "hosts--wrong.html").exists()
    run(saved(perfect(), tmp_path / "b.json"), "--out", site)
    assert not (site / "case" / "hosts--wrong.html").exists()
    assert (site / "case" / "hosts--one.html").exists()
    assert mine.read_text() == "my own"


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    file = saved(rich(), tmp_path / "a.json")
    with pytest.raises(BadInput, match="is not empty"):
        run(file, "--out", tmp_path)
    with pytest.raises(BadInput, match="is a file"):
        run(file, "--out", file)
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize(
    ("text", "says"),
    [("{", "is no JSON"), ("[]", "holds no JSON object"), ('{"schemaVersion": "99"}', "schema version '99'")],
)
def test_what_is_no_report_is_told(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "report.json"
    file.write_text(text)
    with pytest.raises(BadInput, match=says):
        run(file, "--out", tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no report\.json below"):
        run(tmp_path, "--out", tmp_path / "site")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "site", Path("/proc/site"), tmp_path / ("a" * 300)):
        with pytest.raises(BadInput, match=r"cannot write|is a file") as caught:
            write_site([("case", b"x"), ("case/a.html", b"x")], place)
        assert caught.value.hint == "choose another folder with --out"


def test_a_disk_that_ends_is_the_harness_s_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(HarnessFailure, match=r"cannot write .*: No space left"):
        write_site([("a.html", b"x")], tmp_path / "site")


def test_only_pages_of_ours_are_ours(tmp_path: Path) -> None:
    run(saved(rich(), tmp_path / "a.json"), "--out", tmp_path / "site")
    assert is_ours(tmp_path / "site" / "index.html")
    assert not is_ours(tmp_path / "a.json")
    assert not is_ours(tmp_path / "nothing")


def test_help_teaches() -> None:
    said = run("--help").output
    assert "ingress-conformance report out --out site" in said
