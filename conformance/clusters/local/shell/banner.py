"""What a person is told who enters a cluster."""

import shutil
from collections.abc import Iterator, Sequence

from conformance.clusters.local.shell.access import Access
from conformance.clusters.local.shell.order import Order


def banner(access: Access, order: Order, trouble: Sequence[str]) -> str:
    """Return the lines for the top of an interactive shell."""
    return "\n".join(["", *_lines(access, order, trouble), ""])


def _lines(access: Access, order: Order, trouble: Sequence[str]) -> Iterator[str]:
    served = access.served
    if served is None:
        yield "A bare Kubernetes cluster, without a controller (--controller NAME starts one)."
    else:
        end = served.endpoint
        yield f"{served.title} listens on {end.address} (http {end.http_port}, https {end.https_port})."
        yield f"Its class is {served.ingress_class}, its namespaces are {' and '.join(served.namespaces.values())}."
        if order.case_ids:
            live = len(order.case_ids) - len(trouble)
            yield f"Objects of {len(order.case_ids)} case(s) are applied, {live} live."
        yield "The curl lines of a report work here" + (" for these cases." if order.case_ids else ".")
    if shutil.which("kubectl") is None:
        yield "kubectl is not on PATH; KUBECONFIG is set for other tools."
    else:
        yield "kubectl works here: KUBECONFIG is set."
    gone = "the cluster stays, until `cluster down`" if order.join else "everything is gone then"
    yield f"Leave with exit or Ctrl-D; {gone}."
