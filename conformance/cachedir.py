"""The user's cache folder, where programs stay between runs."""

import errno
import os
from pathlib import Path

from conformance.errors import HarnessFailure

CACHE_VARIABLE = "INGRESS_CONFORMANCE_CACHE"

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


def cache_root() -> Path:
    """Return the cache folder, there or not: $INGRESS_CONFORMANCE_CACHE, else the platform's usual place."""
    chosen = os.environ.get(CACHE_VARIABLE, "")
    if chosen:
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_cache_path  # noqa: PLC0415 (costs milliseconds that a set variable saves)

    return user_cache_path("ingress-conformance")


def cache_path(*parts: str) -> Path:
    """Return the folder ``parts`` below the cache root; what is missing is made, for this user only (mode 0700).

    Raises HarnessFailure where the folder cannot be made.
    """
    folder = cache_root()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for part in parts:
            folder /= part
            folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise cache_failure(error, folder) from error
    return folder


def cache_failure(error: OSError, folder: Path) -> HarnessFailure:
    """Return the failure that tells a user why ``folder`` could not be written, and what to do about it."""
    if error.errno in _NO_ROOM:
        hint = f"free some space on that file system, or set {CACHE_VARIABLE} to a folder on another one"
    else:
        hint = f"set {CACHE_VARIABLE} to a folder that you can write to"
    return HarnessFailure(f"cannot write to the cache: {error.strerror or error}", where=str(folder), hint=hint)
