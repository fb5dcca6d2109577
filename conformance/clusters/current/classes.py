"""The IngressClass that the user's controller serves."""

from conformance.case.problems import did_you_mean
from conformance.clusters.api import Api, Manifest
from conformance.errors import HarnessFailure


def served_class(api: Api, name: str) -> Manifest:
    """Return the IngressClass of that name.

    Raises:
        HarnessFailure: there is none; the hint names those that there are.
        Refused: the API server does not answer.
    """
    wanted: Manifest = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": name},
    }
    found = api.get(wanted)
    if found is not None:
        return found
    names = [str(each["metadata"]["name"]) for each in api.list_kind("IngressClass")]
    known = f"there are {', '.join(names)}: choose with --ingress-class" if names else "is a controller installed?"
    raise HarnessFailure(f"the cluster has no IngressClass {name!r}", hint=did_you_mean(name, names, otherwise=known))
