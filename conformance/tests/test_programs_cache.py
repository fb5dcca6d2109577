"""The cache: private, made by one process at a time, and never taken for good where it is not whole."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from conformance.cachedir import cache_path, cache_root
from conformance.clusters.local.programs import ensure
from conformance.errors import HarnessFailure
from conformance.locked_cache import locked_entry, ready_entry
from conformance.tests.programs_world import (  # noqa: F401 - fixtures
    bare_machine,
    lines_said,
)
from conformance.waiting import wait_until


def test_cache_folder_is_private(tmp_path: Path) -> None:
    assert cache_path("a", "b") == tmp_path / "cache" / "a" / "b"
    assert {path.stat().st_mode & 0o777 for path in (cache_root(), cache_path("a"), cache_path("a", "b"))} == {0o700}


def test_cache_defaults_to_the_users_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("INGRESS_CONFORMANCE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_root() == tmp_path / "ingress-conformance"


def test_cache_that_cannot_be_made_is_a_failure_with_a_hint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("INGRESS_CONFORMANCE_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(HarnessFailure, match="Not a directory") as failure:
        ensure(print)
    assert "set INGRESS_CONFORMANCE_CACHE" in str(failure.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk_is_a_failure_with_a_hint(said: list[str]) -> None:
    def fill(scratch: Path) -> None:
        (scratch / "it").symlink_to("/dev/full")
        (scratch / "it").write_text("something")

    with pytest.raises(HarnessFailure, match="No space left on device") as failure:
        locked_entry("things/it", ["it"], fill, what="it", say=said.append)
    assert "free some space" in failure.value.hint
    assert [path.name for path in cache_path("things").iterdir()] == ["it.lock"]


def test_entry_that_lost_a_file_is_made_again(said: list[str]) -> None:
    def fill(scratch: Path) -> None:
        for name in ("one", "two"):
            (scratch / name).write_text(name)

    entry = locked_entry("things/it", ["one", "two"], fill, what="it", say=said.append)
    (entry / "two").unlink()
    assert ready_entry("things/it", ["one", "two"]) is None
    assert locked_entry("things/it", ["one", "two"], fill, what="it", say=said.append) == entry
    assert (entry / "two").read_text() == "two"


def test_entry_without_what_was_promised_is_a_failure(said: list[str]) -> None:
    with pytest.raises(HarnessFailure, match="two should have been made"):
        locked_entry("things/it", ["two"], lambda scratch: None, what="it", say=said.append)


MAKER = """
    import sys
    from pathlib import Path
    from conformance.locked_cache import locked_entry
    from conformance.waiting import wait_until

    shared = Path(sys.argv[1])

    def fill(scratch):
        with (shared / "fills").open("a") as fills:
            fills.write("x")
        (scratch / "half").touch()
        assert wait_until((shared / "go-on").exists, 30)
        (scratch / "it").write_text("made")

    print(locked_entry("things/it", ["it"], fill, what="it", say=lambda line: print(line, flush=True)))
"""


def start_maker(shared: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(MAKER), str(shared)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_of_two_processes_one_makes_and_the_other_waits(tmp_path: Path) -> None:
    with start_maker(tmp_path) as first:
        assert wait_until((tmp_path / "fills").exists, 30)
        with start_maker(tmp_path) as second:
            assert second.stdout is not None
            assert second.stdout.readline() == "another run is getting it; waiting for it\n"
            (tmp_path / "go-on").touch()
            entry = str(tmp_path / "cache" / "things" / "it")
            assert [maker.communicate()[0].strip() for maker in (first, second)] == [entry, entry]
    assert (tmp_path / "fills").read_text() == "x"


def test_killed_maker_leaves_nothing_that_could_be_taken_for_good(tmp_path: Path, said: list[str]) -> None:
    with start_maker(tmp_path) as maker:
        assert wait_until((tmp_path / "fills").exists, 30)
        maker.send_signal(signal.SIGKILL)
    assert ready_entry("things/it", ["it"]) is None
    locked_entry("things/it", ["it"], lambda scratch: (scratch / "it").touch(), what="it", say=said.append)
    assert sorted(path.name for path in cache_path("things").iterdir()) == ["it", "it.lock"]
    assert said == []
