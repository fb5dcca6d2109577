"""The program kind: the one on PATH, else the pinned release, else built from the pinned Go module."""

import os
import shutil
import tempfile
from pathlib import Path

from conformance.clusters.local.programs.fetching import (
    ORDINARY_PATIENCE,
    Unavailable,
    checksum_for,
    fetch_file,
    fetch_text,
)
from conformance.clusters.local.programs.pins import platform
from conformance.clusters.local.programs.sources import offline
from conformance.errors import HarnessFailure
from conformance.gobuild import go_build
from conformance.locked_cache import Say, locked_entry, ready_entry

KIND_VERSION = "v0.33.0"
MIRROR = "INGRESS_CONFORMANCE_KIND_MIRROR"

_PUBLISHED_AT = "https://github.com/kubernetes-sigs/kind/releases/download"
_MODULE = Path(__file__).parent / "program"
_PACKAGE = "sigs.k8s.io/kind"
_NAME = "kind"


def kind_tool(say: Say) -> Path:
    """Return the program, getting it first if need be.

    Raises:
        HarnessFailure: there is no way to get it.
    """
    there = kind_at_hand()
    if there is not None:
        return there
    why = "downloads are switched off"
    if not offline():
        try:
            return locked_entry(_key("release"), [_NAME], lambda to: _download(to, say), what="kind", say=say) / _NAME
        except Unavailable as reason:
            why = f"no download: {reason}"
    say(f"kind {KIND_VERSION}: {why}; building it from source")
    try:
        return locked_entry(_key("build"), [_NAME], lambda to: _build(to, say), what="kind", say=say) / _NAME
    except HarnessFailure as failure:
        raise HarnessFailure(
            f"kind is not on PATH, and there is no way to get it ({why}): {failure.message}",
            hint="install it: https://kind.sigs.k8s.io/docs/user/quick-start/#installation",
        ) from failure


def kind_at_hand() -> Path | None:
    """Return the program on PATH or in the cache, None if it is in neither; nothing is fetched."""
    on_path = shutil.which(_NAME)
    if on_path is not None:
        return Path(on_path)
    for way in ("release", "build"):
        entry = ready_entry(_key(way), [_NAME])
        if entry is not None:
            return entry / _NAME
    return None


def _key(way: str) -> str:
    return f"programs/kind-{KIND_VERSION}-{platform()}-{way}"


def _download(scratch: Path, say: Say) -> None:
    base = (os.environ.get(MIRROR) or _PUBLISHED_AT).rstrip("/")
    file = f"kind-{platform()}"
    url = f"{base}/{KIND_VERSION}/{file}"
    checksum = checksum_for(file, fetch_text(f"{url}.sha256sum", ORDINARY_PATIENCE))
    say(f"downloading kind {KIND_VERSION}")
    fetch_file(url, checksum, scratch / _NAME, ORDINARY_PATIENCE, lambda progress: say(f"downloading kind: {progress}"))
    (scratch / _NAME).chmod(0o755)


def _build(scratch: Path, say: Say) -> None:
    with tempfile.TemporaryDirectory(prefix="ingress-conformance-") as module:
        for name in ("go.mod", "go.sum"):
            shutil.copyfile(_MODULE / name, Path(module, name))
        go_build(Path(module), {_NAME: _PACKAGE}, scratch, ldflags="-s -w", env={}, say=say)
