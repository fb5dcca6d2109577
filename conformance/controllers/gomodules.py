"""Programs and files of pinned Go modules: built or copied once into the cache folder."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conformance.clusters.local.programs.pins import platform
from conformance.controllers.sources import GoFileSource, GoSource
from conformance.errors import HarnessFailure
from conformance.gobuild import go_build
from conformance.gotoolchain import go_at_hand, go_toolchain, wheel_installer
from conformance.locked_cache import Say, locked_entry, ready_entry

_LDFLAGS = "-s -w"
_PINS = ("go.mod", "go.sum")
_FETCH_LIMIT = 600.0


def go_obstacle(source: GoSource | GoFileSource) -> str:
    """Return why nothing can be built from the module here, or an empty string."""
    if lacking := pins_lacking(source):
        return f"{source.go} has no {' and no '.join(lacking)}"
    if go_at_hand() is None and not wheel_installer():
        return f"building {source} needs Go, and there is neither Go nor pip nor uv"
    return ""


def pins_lacking(source: GoSource | GoFileSource) -> list[str]:
    """Return which of the files that pin the module are not there."""
    return [name for name in _PINS if not Path(source.go, name).is_file()]


def go_part_at_hand(source: GoSource | GoFileSource) -> Path | None:
    """Return the program or file if it is in the cache already, else None."""
    entry = ready_entry(_key(source), [_name(source)])
    return None if entry is None else entry / _name(source)


def go_part(source: GoSource | GoFileSource, say: Say) -> Path:
    """Return the program or file; it is built or fetched into the cache folder if need be, which may take minutes.

    Raises:
        HarnessFailure: no Go, no module proxy, a build that fails, or no such file in the module.
    """
    name = _name(source)

    def fill(scratch: Path) -> None:
        with _own_copy(source) as module:
            if isinstance(source, GoSource):
                go_build(module, {name: source.package}, scratch, ldflags=_LDFLAGS, env={}, say=say)
            else:
                say(f"fetching {source.file} of {source.module}")
                shutil.copyfile(_in_module(source, module, go_toolchain(say)), scratch / name)

    return locked_entry(_key(source), [name], fill, what=str(source), say=say) / name


def _name(source: GoSource | GoFileSource) -> str:
    return Path(source.package if isinstance(source, GoSource) else source.file).name


def _key(source: GoSource | GoFileSource) -> str:
    """The cache key; it changes with anything that goes into the result."""
    what = (source.package, _LDFLAGS) if isinstance(source, GoSource) else (source.module, source.file)
    recipe = hashlib.sha256(repr(what).encode())
    for name in _PINS:
        path = Path(source.go, name)
        recipe.update(path.read_bytes() if path.is_file() else b"")
    return f"modules/{Path(source.go).name}-{_name(source)}-{platform()}-{recipe.hexdigest()[:12]}"


@contextmanager
def _own_copy(source: GoSource | GoFileSource) -> Iterator[Path]:
    # The installed package may be read-only, and a go.work or a vendor folder above it is none of ours.
    with tempfile.TemporaryDirectory(prefix="ingress-conformance-") as module:
        for name in _PINS:
            shutil.copyfile(Path(source.go, name), Path(module, name))
        yield Path(module)


def _in_module(source: GoFileSource, module: Path, go: Path) -> Path:
    _asked([str(go), "mod", "download", source.module], module, source)
    root = _asked([str(go), "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", source.module], module, source)
    path = Path(root, source.file)
    if not root or not path.is_file():
        raise HarnessFailure(f"{source.module} has no file {source.file}", where=root)
    return path


def _asked(argv: list[str], module: Path, source: GoFileSource) -> str:
    environment = {"HOME": str(Path.home()), **os.environ, "GOWORK": "off"}
    try:
        done = subprocess.run(
            argv,
            cwd=module,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_FETCH_LIMIT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HarnessFailure(f"fetching {source.module} failed: {error}") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        hint = "set GOPROXY to a module proxy that this machine can reach"
        raise HarnessFailure(f"fetching {source.module} failed: {last}", hint=hint)
    return done.stdout.strip()
