"""Names for reports that lie side by side: short where they can be, and never two alike."""

import re
from collections.abc import Callable, Sequence

from conformance.errors import BadInput
from conformance.report.model import Report

_MORE: tuple[Callable[[Report], str], ...] = (
    lambda report: report.controller.name,
    lambda report: report.controller.version,
    lambda report: report.cluster.provider,
    lambda report: report.cluster.kubernetes_version,
    lambda report: report.run.started,
)


def distinct_names(reports: Sequence[Report]) -> tuple[str, ...]:
    """Return a name for each report: the controller's, and as much more as tells reports of one controller apart.

    Names are safe as file names: letters, digits, dots and dashes.

    Raises:
        BadInput: two reports are of the same controller, version, cluster and time.
    """
    names = [plain(report.controller.name) for report in reports]
    for size in range(2, len(_MORE) + 1):
        twice = {name for name in names if names.count(name) > 1}
        names = [
            "-".join(plain(part(report)) for part in _MORE[:size]) if name in twice else name
            for name, report in zip(names, reports, strict=True)
        ]
    if len(set(names)) < len(names):
        alike = next(name for name in names if names.count(name) > 1)
        raise BadInput(
            f"two reports are of the same run, or cannot be told apart: {alike}", hint="give each report only once"
        )
    return tuple(names)


def plain(text: str) -> str:
    """Return text that is a safe part of a file name; what is left out becomes a dash."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", text)[:60].strip(".-") or "unnamed"
