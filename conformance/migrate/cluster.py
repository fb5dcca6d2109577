"""Ingresses from a cluster of the user's own. They are listed and nothing else: no write, and no Secret is read."""

from collections.abc import Iterator
from urllib.parse import urlencode

from conformance.clusters.api import Api, Refused
from conformance.clusters.current.connecting import connect
from conformance.clusters.current.settings import Settings
from conformance.errors import HarnessFailure
from conformance.migrate.conversion import VERSION
from conformance.migrate.documents import Document
from conformance.migrate.found import Origin, Reading
from conformance.migrate.objects import ingresses, reading_of

PAGE = 500
_PATH = "/apis/networking.k8s.io/v1/ingresses"


def read_cluster(kubeconfig: str, context: str) -> Reading:
    """Return the Ingresses of all namespaces of a cluster.

    Raises:
        HarnessFailure: no connection, or not allowed.
    """
    connection = connect(Settings(kubeconfig=kubeconfig, context=context))
    found = list(_pages(connection.api, connection.context))
    return reading_of(one for document in found for one in ingresses(document))


def _pages(api: Api, context: str) -> Iterator[Document]:
    token = ""
    while True:
        query = urlencode({"limit": PAGE, **({"continue": token} if token else {})})
        try:
            page = api.request("GET", f"{_PATH}?{query}")
        except Refused as refusal:
            hint = "it takes the right to list ingresses in all namespaces: kubectl auth can-i list ingresses -A"
            raise HarnessFailure(refusal.server_message, where=f"context {context}", hint=hint) from refusal
        items = page.get("items") or []
        yield Document(
            Origin(f"context {context}"),
            {"kind": "IngressList", "apiVersion": VERSION, "items": items},
        )
        token = (page.get("metadata") or {}).get("continue") or ""
        if not token:
            return
