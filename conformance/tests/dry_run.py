"""``python -m conformance.tests.dry_run SEED OBJECTS``: offers the objects of random plans to a real API server.

Runs inside private namespaces. It prints a line for each object that the server refused, and how many it took.
"""

import random
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from conformance.case.model import Manifest
from conformance.clusters.api import Api, Refused
from conformance.clusters.local.cluster import LocalCluster
from conformance.plan.ground import namespace_manifests, namespaces
from conformance.plan.hosts import ALONE_REALM, REALM
from conformance.plan.instance import Ground
from conformance.tests.random_cases import both_ways, case_set

RUN = "1"


def objects(seed: int, count: int) -> Iterator[Manifest]:
    """Yield the objects of random plans, those of later steps included, until there are so many."""
    made = 0
    dice = random.Random(seed)
    while made < count:
        first, second = (Ground(namespaces(RUN), "lane-0", "10.0.0.9", realm) for realm in (REALM, ALONE_REALM))
        for unit in both_ways(case_set(dice), first, second):
            standing = unit
            for step in (None, *unit.steps):
                standing = standing if step is None else standing.after(step)
                for manifest in (*standing.standing, *(unit.backends if step is None else ())):
                    made += 1
                    yield manifest


def main() -> int:
    """Start a control plane, offer the objects as a dry run, and say what was refused."""
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    cluster = LocalCluster.start(lambda _: None)
    try:
        api = Api.with_token(cluster.server, cluster.plane.credentials.ca, cluster.plane.credentials.admin_token)
        for namespace in namespace_manifests(RUN):
            api.apply(namespace)

        def offer(manifest: Manifest) -> str:
            try:
                api.try_out(manifest, update=False)
            except Refused as refusal:
                return f"{manifest['kind']} {manifest['metadata']['name']}: {refusal.server_message}"
            return ""

        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(offer, objects(seed, count)))
    finally:
        cluster.end()
    refused = [answer for answer in answers if answer]
    sys.stdout.write("\n".join([*refused, f"taken {len(answers) - len(refused)} of {len(answers)}"]) + "\n")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
