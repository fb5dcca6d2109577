"""One controller on the embedded cluster, which comes up while what the user wrote is still being read."""

from collections.abc import Callable, Sequence

from conformance.clusters.local.namespace import obstacle, run_inside
from conformance.clusters.local.programs import at_hand


def judge_one(arguments: Sequence[str], get_ready: Callable[[], None]) -> int:
    """Judge one controller with the pytest command ``arguments``, and return the exit status.

    ``get_ready`` refuses bad input and gets what the controller needs. It is called while the cluster starts, if that
    has all it needs itself; nothing can be seen of the run before it has returned.

    Raises:
        HarnessFailure: the embedded cluster cannot run here; and whatever ``get_ready`` raises.
    """
    if at_hand() and not obstacle():
        return run_inside("pytest", arguments, meanwhile=get_ready)
    get_ready()
    return run_inside("pytest", arguments)
