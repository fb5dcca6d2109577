"""What a controller may answer one way after one load and another way after the next. Pure.

The order of rules that are equal to a controller may be that of a hash table, which is another one at each load. Seen:
Traefik with two Ingresses of the same host and path, Skipper with paths of one length, and Traefik's ingress-nginx
provider, which gives the default backend of an Ingress to one of its hosts.
"""

import json
from collections import defaultdict

from conformance.case.matching import ingress_specs, items, mapping
from conformance.case.model import Case


def contested(case: Case) -> bool:
    """Tell whether something can be claimed by several: a path that is there twice, or a default backend of many."""
    claims: dict[tuple[str, str], set[str]] = defaultdict(set)
    defaults = 0
    for _, spec in ingress_specs(case.objects):
        rules = [mapping(rule) for rule in items(spec.get("rules"))]
        if spec.get("defaultBackend"):
            # It is there once for each host.
            defaults += max(1, len({str(rule.get("host")) for rule in rules}))
        for rule in rules:
            for path in map(mapping, items(mapping(rule.get("http")).get("paths"))):
                place = str(rule.get("host") or ""), str(path.get("path") or "/").rstrip("/")
                claims[place].add(json.dumps([path.get("pathType"), path.get("backend")], sort_keys=True, default=str))
    return defaults > 1 or any(len(claimants) > 1 for claimants in claims.values())
