"""Bring an embedded cluster up for somebody's hands, with a controller or bare."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from conformance.clusters.local.cluster import LocalCluster
from conformance.clusters.local.shell.access import Access, Served
from conformance.clusters.local.shell.lay_out import Hands
from conformance.clusters.local.stage import LocalStage
from conformance.controllers.catalogue import find

ADMIN_KUBECONFIG = "admin.kubeconfig"
"""The control plane writes it for its own programs; its owner alone can read it."""


@contextmanager
def brought_up(
    controller: str | None, overrides: Mapping[str, str], say: Callable[[str], None]
) -> Iterator[tuple[Access, Hands]]:
    """Yield the access to a cluster that lives until the block ends, and hands on its controller.

    Raises:
        ConformanceError: an unknown controller, no programs, or a cluster that does not start.
    """
    entry = None if controller is None else find(controller, overrides)
    began = time.monotonic()
    cluster = LocalCluster.start(say)
    if entry is None:
        try:
            yield Access(cluster.folder / ADMIN_KUBECONFIG), Hands()
        finally:
            cluster.end()
        return
    stage = LocalStage.set_up(entry, overrides, say, cluster, began)
    try:
        stage.settle()
        main = stage.main
        served = Served(entry.name, entry.title, main.endpoint, main.ingress_class, stage.run_id, main.controller)
        yield Access(cluster.folder / ADMIN_KUBECONFIG, served), Hands(lambda: main.alive, main.restart)
    finally:
        stage.end()
