"""Pinned ``go build`` with live progress, for the control plane and for controllers written in Go."""

import os
import tempfile
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from conformance.errors import HarnessFailure
from conformance.gotoolchain import go_toolchain
from conformance.locked_cache import Say
from conformance.outputlines import follow

__all__ = ["go_build", "go_toolchain"]

# -v names each package as it is compiled; the rest makes the result depend on the module files alone.
_FLAGS = ("-mod=readonly", "-trimpath", "-buildvcs=false")

# Main packages count as stale even when only linking is left to do.
_STALE = '{{if and .Stale (ne .StaleReason "not installed but available in build cache")}}stale {{.ImportPath}}{{end}}'

_FETCHING = "go: downloading "
_TAIL_LINES = 25
_TELL_EVERY = 1.0


def go_build(
    module_dir: Path, packages: Mapping[str, str], out_dir: Path, *, ldflags: str, env: Mapping[str, str], say: Say
) -> tuple[Path, ...]:
    """Build ``packages`` (program name -> import path) in one go and return the programs, all in ``out_dir``.

    ``module_dir`` holds go.mod and go.sum and is only read; ``env`` is added to this process's environment. Everything
    passing is kept in ``out_dir`` while it is needed, so that one file system has to have the room.

    Raises HarnessFailure, with the end of Go's output, when there is no Go or the build fails.
    """
    go = go_toolchain(say)
    with tempfile.TemporaryDirectory(prefix=".go-", dir=out_dir) as passing:
        built = Path(passing, "bin")
        built.mkdir()
        build = _Build(f"building {', '.join(packages)}", module_dir, _environment(passing, env), say)
        what = [*_FLAGS, f"-ldflags={ldflags}"]
        build.run([str(go), "list", *what, "-deps", "-f", _STALE, *packages.values()])
        build.run([str(go), "build", "-v", *what, "-o", f"{built}/", *packages.values()])
        for name, package in packages.items():
            (built / _default_name(package)).rename(out_dir / name)
    return tuple(out_dir / name for name in packages)


class _Build:
    """What is known of one build while Go's output comes in."""

    def __init__(self, title: str, module_dir: Path, environment: Mapping[str, str], say: Say) -> None:
        self._title, self._module_dir, self._environment, self._say = title, module_dir, environment, say
        self._started = self._told = time.monotonic()
        self._stale: set[str] = set()
        self._compiled: set[str] = set()
        self._fetched = 0
        self._verb = ""
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)

    def run(self, argv: Sequence[str]) -> None:
        self._verb = argv[1]
        try:
            status = follow(argv, cwd=self._module_dir, env=self._environment, heed=self._heed, tick=self._tick)
        except OSError as error:
            raise HarnessFailure(f"cannot start Go: {error.strerror}", where=argv[0]) from error
        if status != 0:
            output = "\n".join(self._tail)
            raise HarnessFailure(
                f"{self._title}: go {self._verb} failed (exit status {status})\n{output}", hint=_hint(output)
            )

    def _heed(self, line: str) -> None:
        if line.startswith("stale "):
            self._stale.add(line.removeprefix("stale "))
        elif line.startswith(_FETCHING):
            self._fetched += 1
        elif line in self._stale:
            self._compiled.add(line)
        elif line:
            self._tail.append(line)

    def _tick(self) -> None:
        now = time.monotonic()
        if now - self._told >= _TELL_EVERY:
            self._told = now
            self._say(f"{self._title}: {self._step()}, {spell_seconds(now - self._started)}")

    def _step(self) -> str:
        if self._verb == "list":
            return f"{self._fetched} Go modules fetched" if self._fetched else "looking at the packages"
        if self._compiled != self._stale:
            return f"{len(self._compiled)} of {len(self._stale)} packages"
        return "linking"


def spell_seconds(seconds: float) -> str:
    """Return a duration as a person would write it: ``12 s``, ``3 min 10 s``."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _environment(passing: str, env: Mapping[str, str]) -> dict[str, str]:
    # A target or a workspace that the user set for other work must not leak into this build.
    mine = {name: value for name, value in os.environ.items() if name not in {"GOOS", "GOARCH", "GOBIN"}}
    mine.setdefault("HOME", str(Path.home()))  # Go looks for its caches there and asks nobody else
    return mine | {"CGO_ENABLED": "0", "GOWORK": "off", "GOTMPDIR": passing} | dict(env)


def _default_name(package: str) -> str:
    # Go names a program after the last element of its path that is not a major version.
    path = PurePosixPath(package)
    return path.parent.name if path.name[:1] == "v" and path.name[1:].isdigit() else path.name


def _hint(output: str) -> str:
    if "no space left on device" in output:
        return "a large build takes up to 4 GB in Go's build cache (`go env GOCACHE`) and 0.5 GB for the result"
    if "signal: killed" in output:
        return "memory may be short: linking takes up to 3 GB a program; GOFLAGS=-p=1 makes a build need less"
    if any(sign in output for sign in ("dial tcp", "proxyconnect", "TLS handshake", "i/o timeout", "GOPROXY")):
        return "Go could not fetch modules: set GOPROXY to a module proxy that this machine can reach"
    return ""
