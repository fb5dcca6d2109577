"""Measure `migrate` on many Ingress objects: how long it takes, and how many of them speak for others.

    scripts/bench_migrate.py [OBJECTS] [--from X] [--to Y] [--alike SHARE]

Writes OBJECTS Ingresses (500) with five rules each into a temporary folder, and runs the command on them. SHARE of
them (0.5) have the shape of another; the others differ in paths, types, annotations or TLS.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

PREFIX = "nginx.ingress.kubernetes.io/"
ANNOTATIONS: tuple[dict[str, str], ...] = (
    {},
    {},
    {"ssl-redirect": "false"},
    {"proxy-body-size": "8m"},
    {"enable-cors": "true"},
    {"whitelist-source-range": "10.0.0.0/8"},
    {"auth-type": "basic", "auth-secret": "users"},
    {"permanent-redirect": "https://elsewhere.example.com/"},
    {"proxy-read-timeout": "120"},
    {"upstream-vhost": "inner.example.com"},
)
WORDS = ("api", "v1", "cart", "users", "static", "assets", "img", "admin", "login", "health", "docs", "search")


def ingress(number: int, chance: random.Random, rules: int = 5) -> dict[str, Any]:
    """Return one Ingress with rules of its own."""
    annotations = chance.choice(ANNOTATIONS)
    hosts = [f"h{rule}.team{number}.example.com" for rule in range(rules)]
    written = [
        {
            "host": host,
            "http": {
                "paths": [
                    {
                        "path": "/" + "/".join(chance.sample(WORDS, chance.randint(0, 3))),
                        "pathType": chance.choice(("Prefix", "Prefix", "Exact", "ImplementationSpecific")),
                        "backend": {"service": {"name": f"svc{chance.randint(0, 2)}", "port": {"number": 80}}},
                    }
                ]
            },
        }
        for host in hosts
    ]
    spec: dict[str, Any] = {"ingressClassName": "nginx", "rules": written}
    if chance.random() < 0.4:
        spec["tls"] = [{"hosts": hosts, "secretName": "tls"}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": f"ingress-{number}",
            "namespace": f"team-{number % 40}",
            "annotations": {PREFIX + key: value for key, value in annotations.items()},
        },
        "spec": spec,
    }


def objects(count: int, alike: float) -> list[dict[str, Any]]:
    """Return the objects; the same seed twice gives the same shape under other names."""
    chance = random.Random(1)  # noqa: S311 - not for secrets
    seeds: list[int] = []
    for number in range(count):
        seeds.append(chance.choice(seeds) if seeds and chance.random() < alike else number)
    return [ingress(number, random.Random(seed)) for number, seed in enumerate(seeds)]  # noqa: S311


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("objects", type=int, nargs="?", default=500)
    parser.add_argument("--from", dest="old", default="traefik-nginx")
    parser.add_argument("--to", dest="new", default="traefik")
    parser.add_argument("--alike", type=float, default=0.5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        manifests = Path(folder) / "all.yaml"
        manifests.write_text(yaml.safe_dump_all(objects(asked.objects, asked.alike)), encoding="utf-8")
        out = Path(folder) / "out"
        command = [sys.executable, "-m", "conformance", "migrate", "--from", asked.old, "--to", asked.new]
        began = time.monotonic()
        done = subprocess.run(
            [*command, "--out", str(out), str(manifests)], capture_output=True, text=True, check=False
        )
        seconds = time.monotonic() - began
        sys.stderr.write(done.stderr)
        found = json.loads((out / "migration.json").read_text(encoding="utf-8"))
        sizes = {path.parent.name: path.stat().st_size / 1e6 for path in out.glob("asked/*/report.json")}
        spans = {
            path.parent.name: json.loads(path.read_text(encoding="utf-8"))["run"]["durations"]
            for path in out.glob("asked/*/report.json")
        }
    asked_for = sum(not record["askedAs"] for record in found["ingresses"])
    print(f"{asked.objects} objects, {asked_for} asked, {found['requests']} requests compared: {seconds:.1f} s")
    print(f"exit status {done.returncode}; {found['counts']}; {len(found['changes'])} changes")
    print(f"reports in MB: {sizes}; durations: {spans}")


if __name__ == "__main__":
    main()
