"""The folder of the results, which the user chose, and what to say where it cannot be written."""

import errno

from conformance.errors import BadInput, ConformanceError, HarnessFailure

ANOTHER = "choose another folder with --out"

_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def cannot_write(error: OSError, place: object) -> ConformanceError:
    """Return the error of a user's folder: bad input where it is no place to write to, a failure where the disk ends.

    A file in the way, a folder that cannot be made or written to: all that is the same to whoever named it.
    """
    kind = HarnessFailure if error.errno in _DISK else BadInput
    return kind(f"cannot write {error.filename or place}: {error.strerror}", hint=ANOTHER)
