"""Random case files that the checks let through: as long, as odd and as many-sided as a case may be."""

import random
import string
import tempfile
from pathlib import Path
from typing import Any

import yaml

from conformance.case.load import load_cases
from conformance.case.model import Case
from conformance.case.problems import CaseErrors
from conformance.plan.instance import Ground
from conformance.plan.planning import plan
from conformance.plan.units import Unit

STATEMENTS = ("P01", "H01", "B01")
Tree = dict[str, Any]


def label(dice: random.Random, longest: int) -> str:
    """Return a DNS label, short or as long as it may be, with dashes and digits anywhere that they may be."""
    length = dice.choice((1, 2, 5, longest))
    ends, inner = string.ascii_lowercase + string.digits, string.ascii_lowercase + string.digits + "--"
    if length == 1:
        return dice.choice(string.ascii_lowercase)
    text = dice.choice(ends) + "".join(dice.choice(inner) for _ in range(length - 2)) + dice.choice(ends)
    return text if text[2:4] != "--" else f"x{text[1:]}".replace("--", "-a")


def host(dice: random.Random) -> str | None:
    if dice.random() < 0.1:
        return None
    name = ".".join(label(dice, dice.choice((10, 63))) for _ in range(dice.randint(1, 3)))
    return f"*.{name}" if dice.random() < 0.2 else name


def path(dice: random.Random, backends: list[str]) -> Tree:
    kind = dice.choice(("Exact", "Prefix", "Prefix", "ImplementationSpecific"))
    text = "/" + "/".join(dice.choice(("a", "foo", "a.b", "A", "%20", "x" * 100)) for _ in range(dice.randint(0, 3)))
    return {"path": text, "pathType": kind, "backend": service(dice, backends)}


def service(dice: random.Random, backends: list[str]) -> Tree:
    return {"service": {"name": dice.choice(backends), "port": dice.choice(({"number": 80}, {"name": "http"}))}}


def ingress(dice: random.Random, name: str, backends: list[str], secrets: list[Tree]) -> Tree:
    hosts = [host(dice) for _ in range(dice.randint(1, 3))]
    rules = [
        {**({"host": one} if one else {}), "http": {"paths": [path(dice, backends) for _ in range(dice.randint(1, 3))]}}
        for one in hosts
    ]
    spec: Tree = {"rules": rules}
    if dice.random() < 0.15:
        spec["defaultBackend"] = service(dice, backends)
    if secrets:
        secret = dice.choice(secrets)
        spec["tls"] = [{"hosts": secret["certificate"]["names"], "secretName": secret["metadata"]["name"]}]
    return {"kind": "Ingress", "metadata": {"name": name}, "spec": spec}


def case(dice: random.Random, name: str) -> Tree:
    backends = ["a", "b", "c", "d", "e"]
    own: Tree = {}
    if dice.random() < 0.2:
        own["backends"] = [{"name": label(dice, 40), "replicas": dice.randint(0, 3)}]
        backends = [own["backends"][0]["name"]]
    objects: list[Tree] = []
    if dice.random() < 0.2:
        made = {"name": label(dice, 40), "backend": dice.choice("abcde")}
        ports = [{"name": "http", "port": 80, "targetPort": 8080}]
        spec = {"selector": {"backend": made["backend"]}, "ports": ports}
        objects.append({"kind": "Service", "metadata": {"name": made["name"]}, "spec": spec})
        backends = [made["name"]]
    secrets = []
    if dice.random() < 0.3:
        names = [found for found in (host(dice), host(dice)) if found]
        if names:
            secrets.append({"kind": "Secret", "metadata": {"name": label(dice, 60)}, "certificate": {"names": names}})
    count = dice.choice((1, 1, 1, 2))
    ingresses = [ingress(dice, label(dice, dice.choice((5, 60))), backends, secrets) for _ in range(count)]
    if dice.random() < 0.15 and "backends" not in own and len(objects) == 0:
        ingresses[-1]["metadata"]["namespace"] = "other"
        ingresses[-1]["spec"].pop("tls", None)
    # As a probe of a rule: what it leads to matters little here, but it must be there.
    asked = next((one for found in ingresses for one in found["spec"]["rules"]), None)
    assert asked is not None
    named = str(asked.get("host") or "any.name").replace("*", "some")
    written: Tree = {
        "name": name,
        "statements": [dice.choice(STATEMENTS)],
        "level": "observed",
        "title": "A case made at random",
        **own,
        "objects": [*objects, *secrets, *ingresses],
        "probes": [{"request": ["/", "/a"], "host": named, "expect": "record"}],
    }
    if dice.random() < 0.2:
        written["copies"] = dice.randint(2, 4)
    if dice.random() < 0.2:
        changed = ingress(dice, ingresses[0]["metadata"]["name"], backends, secrets)
        changed["metadata"] = ingresses[0]["metadata"]
        written["steps"] = [{"title": "It changes", "do": [{"apply": changed}], "probes": written["probes"]}]
    return written


def case_set(dice: random.Random, count: int = 4) -> tuple[Case, ...]:
    """Return cases that were let through by the checks; those that were not are left out."""
    section = label(dice, dice.choice((10, 40)))
    found: list[Case] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            name = dice.choice((f"c{number}", f"{label(dice, 37)[:37]}x{number}"))
            file = Path(folder) / f"{number}.yaml"
            head = {"section": section, "title": "Random", "spec": "https://example.org/", "cases": [case(dice, name)]}
            file.write_text(yaml.safe_dump(head))
            try:
                found += load_cases([file])
            except CaseErrors:
                continue
    return tuple({one.id: one for one in found}.values())


def both_ways(cases: tuple[Case, ...], ground: Ground, second: Ground) -> list[Unit]:
    """Return the units of a packed run, with every case judged again in objects of its own, as in a real run."""
    return [*plan(cases, ground), *plan(cases, second, isolate=True)]
