"""The pytest plugin. Nothing heavy is imported here: every pytest run of the environment loads this module."""

import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.suite.relay import Relay

if TYPE_CHECKING:
    from concurrent.futures import Future

    from conformance.clusters.local.cluster import LocalCluster

HERE = Path(__file__).parent
LEVEL_MARKERS = {
    "core": "every controller must",
    "extended": "optional, or a should",
    "parity": "compared with ingress-nginx, whatever the specification says",
    "observed": "left to the controller: recorded, not judged",
    "api": "the API server's duty",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare ``--controller`` and its company."""
    from conformance.suite.options import add_options  # noqa: PLC0415

    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Declare a marker for each level; join the run where this is an xdist worker."""
    for level, meaning in LEVEL_MARKERS.items():
        config.addinivalue_line("markers", f"{level}: {meaning}")
    worker: dict[str, Any] | None = getattr(config, "workerinput", None)
    if worker is not None and "conformance_address" in worker:
        from conformance.suite.cases import SELECTED, VERDICTS  # noqa: PLC0415
        from conformance.suite.verdicts import RemoteVerdicts  # noqa: PLC0415

        if "conformance_selected" in worker:
            config.stash[SELECTED] = frozenset(worker["conformance_selected"])
        config.stash[VERDICTS] = RemoteVerdicts(worker["conformance_address"], worker["conformance_key"])


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Run pytest again inside private namespaces where the embedded cluster is asked for."""
    if not _runs(config) or config.getoption("--cluster") != "local":
        return None
    from conformance.clusters.local.namespace import inside, run_inside  # noqa: PLC0415
    from conformance.errors import ConformanceError  # noqa: PLC0415

    if inside():
        return None
    from conformance.controllers.prepare import prepare_named  # noqa: PLC0415
    from conformance.suite.options import run_options  # noqa: PLC0415

    try:
        # Inside there is no network to get anything from.
        options = run_options(config)
        prepare_named(options.controller, options.programs, _tell)
        return run_inside("pytest", [str(argument) for argument in config.invocation_params.args])
    except ConformanceError as error:
        raise pytest.UsageError(str(error)) from error


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the run beside the collection, in the main process only."""
    config = session.config
    if not _runs(config) or hasattr(config, "workerinput"):
        return
    try:
        _begin(config)
    except KeyboardInterrupt:
        # So early pytest would end with the status of bad input, and tell nobody that the session is over.
        pytest.exit("interrupted", returncode=130)


def _begin(config: pytest.Config) -> None:
    if config.getoption("--cluster") != "local":
        # The embedded cluster ends with its namespaces; elsewhere a run that is told to end must still clean up.
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.getsignal(signal.SIGINT))
    relay, began = Relay(), time.monotonic()
    cluster = _cluster_on_its_way(relay) if config.getoption("--cluster") == "local" else None
    if cluster is not None:
        # What begins from here on can be seen.
        began += _held_back(cluster)
    from conformance.errors import ConformanceError  # noqa: PLC0415
    from conformance.suite.opening import opening_for  # noqa: PLC0415
    from conformance.suite.options import run_options  # noqa: PLC0415
    from conformance.suite.session import RunSession  # noqa: PLC0415

    try:
        options = run_options(config)
        run = RunSession.begin(config, options, opening_for(options, cluster, began), relay, began)
    except ConformanceError as error:
        raise pytest.UsageError(str(error)) from error
    config.pluginmanager.register(run, "ingress-conformance-run")
    if config.getoption("--run-summary"):
        from conformance.suite.presentation import Presentation  # noqa: PLC0415

        config.pluginmanager.register(Presentation(run), "ingress-conformance-presentation")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where a run is resumed, and nothing else is asked for, select what it had selected."""
    if not _runs(config) or any(config.getoption(option) for option in ("keyword", "markexpr", "--level", "--select")):
        return
    from conformance.suite.cases import SELECTED  # noqa: PLC0415

    selected = config.stash.get(SELECTED, None)
    if selected is not None:
        items[:] = [item for item in items if item.name in selected]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the cases where the suite's own folder is asked for."""
    if file_path == HERE / "cases.py":
        from conformance.suite.cases import CaseFile  # noqa: PLC0415

        # The same ids whatever the root folder is, with and without xdist: --lf compares them.
        return CaseFile.from_parent(parent, path=file_path, nodeid="conformance/suite/cases.py")
    return None


def _held_back(cluster: "Future[LocalCluster]") -> float:
    """Wait until the run may go on; returns for how many seconds the cluster stood there meanwhile, with nothing to do.

    They are none of the run's: whoever started it was still getting the controller, perhaps for minutes.
    """
    from conformance.clusters.local.namespace import await_go_on  # noqa: PLC0415

    stood: list[float] = []
    cluster.add_done_callback(lambda _: stood.append(time.monotonic()))
    await_go_on()
    return time.monotonic() - stood[0] if stood else 0.0


def _cluster_on_its_way(relay: Relay) -> "Future[LocalCluster]":
    """Start the cluster in a thread, before anything is imported that it can do without."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    from conformance.clusters.local.cluster import LocalCluster  # noqa: PLC0415

    return ThreadPoolExecutor(1, "cluster").submit(LocalCluster.start, relay.say)


def _runs(config: pytest.Config) -> bool:
    return bool(config.getoption("--controller", None)) and not config.getoption("--collect-only", default=False)
