"""The manifests that install a controller: had from where the entry says, and made ready for one instance."""

import copy
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from conformance.case.model import Manifest
from conformance.clusters.current.patience import Patience
from conformance.clusters.kind.commands import Commands
from conformance.clusters.kind.settings import repository
from conformance.clusters.local.programs.fetching import ORDINARY_PATIENCE, Unavailable, fetch_text
from conformance.controllers.entry import Entry
from conformance.controllers.installation import Chart, Installation
from conformance.controllers.manifests import namespace_of
from conformance.controllers.placeholders import expand_all
from conformance.errors import HarnessFailure

_HELM_LIMIT = 180.0
_CLUSTER_WIDE = {"Namespace"}


def written_manifests(installation: Installation, own: Path | None, patience: Patience) -> list[Manifest]:
    """Return the manifests as the user's ``own`` file has them, or else the entry's files, charts or template.

    Raises:
        HarnessFailure: they cannot be had: no network, no helm; or they are none.
        Interrupted: the run was asked to stop.
    """
    if own is not None:
        return list(parsed(own.read_text(encoding="utf-8", errors="replace")))
    if installation.template:
        return list(parsed(installation.template))
    texts = [_fetched(url) for url in installation.files]
    texts += [_rendered(chart, installation.namespace, patience) for chart in installation.charts]
    return [manifest for text in texts for manifest in parsed(text)]


def parsed(text: str) -> Iterator[Manifest]:
    """Yield the objects of a stream of YAML documents; the items of lists are objects too.

    Raises:
        HarnessFailure: it is no YAML, or something in it is no object.
    """
    try:
        documents = [document for document in yaml.safe_load_all(text) if document]
    except yaml.YAMLError as error:
        raise HarnessFailure(f"the controller's manifests are no YAML: {error}") from error
    for document in documents:
        if not isinstance(document, dict) or not {"apiVersion", "kind"} <= document.keys():
            raise HarnessFailure("the controller's manifests hold something that is no Kubernetes object")
        yield from document["items"] if str(document["kind"]).endswith("List") and "items" in document else (document,)


def for_instance(entry: Entry, manifests: Sequence[Manifest], number: int) -> list[Manifest]:
    """Return the manifests of the ``number``-th instance: a template's placeholders are filled in."""
    assert entry.manifests is not None
    manifests = _with_arguments(manifests, entry.manifests)
    if not entry.manifests.template:
        return list(manifests)  # What looks like a placeholder there is not ours.
    class_name, controller = entry.names(number)
    values = {
        "namespace": instance_namespace(entry, number),
        "class": class_name,
        "controller": controller,
        "number": str(number),
    }
    filled: list[Manifest] = expand_all(list(manifests), values)
    return filled


def instance_namespace(entry: Entry, number: int) -> str:
    """Return the namespace of an instance's own objects."""
    first = entry.manifests.namespace if entry.manifests else namespace_of(entry, 1)
    return first if number == 1 else f"{first}-{number}"


def with_images(manifests: Sequence[Manifest], images: Sequence[str], replaced: Mapping[str, str]) -> list[Manifest]:
    """Return the manifests with images pinned to the entry's digests, and those of ``replaced`` by repository.

    A replaced image is never pulled: it is on the nodes already.
    """
    pinned = {(repository(image), _tag(image)): image.partition("@")[2] for image in images if "@" in image}
    made = copy.deepcopy(list(manifests))
    for container in _containers(made):
        name = str(container.get("image", ""))
        own, digest = replaced.get(repository(name)), pinned.get((repository(name), _tag(name)))
        if own is not None:
            container["image"], container["imagePullPolicy"] = own, "IfNotPresent"
        elif digest is not None and "@" not in name:
            container["image"] = f"{name}@{digest}"
    return made


def _tag(image: str) -> str:
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]


def _with_arguments(manifests: Sequence[Manifest], installation: Installation) -> Sequence[Manifest]:
    """Return the manifests with the entry's arguments added to those of the workload."""
    if not installation.arguments:
        return manifests
    made = copy.deepcopy(list(manifests))
    kind, _, name = installation.ready.partition("/")
    for manifest in made:
        if (manifest["kind"].lower(), manifest["metadata"]["name"]) == (kind, name):
            container = next(_containers([manifest]))
            container["args"] = [*(container.get("args") or ()), *installation.arguments]
            return made
    raise HarnessFailure(f"the controller's manifests hold no {installation.ready}", hint="ready names what runs it")


def images_of(manifests: Sequence[Manifest]) -> list[str]:
    """Return every image that pods of the manifests run, each once."""
    return list(dict.fromkeys(str(container.get("image", "")) for container in _containers(manifests)))


def _containers(manifests: Sequence[Manifest]) -> Iterator[dict[str, Any]]:
    for manifest in manifests:
        spec = manifest.get("spec") or {}
        # A CronJob's template is one deeper.
        for holder in (spec, ((spec.get("jobTemplate") or {}).get("spec") or {})):
            pod = (holder.get("template") or {}).get("spec") or {}
            for key in ("containers", "initContainers"):
                yield from pod.get(key) or ()


def _fetched(url: str) -> str:
    try:
        return fetch_text(url, ORDINARY_PATIENCE)
    except Unavailable as reason:
        hint = "the controller is installed from there; without that network, use an entry with a template of its own"
        raise HarnessFailure(f"the controller's manifest cannot be had: {reason}", where=url, hint=hint) from reason


def _rendered(chart: Chart, namespace: str, patience: Patience) -> str:
    helm = shutil.which("helm")
    if helm is None:
        raise HarnessFailure(
            f"the chart {chart.name} needs helm", hint="install it: https://helm.sh/docs/intro/install/"
        )
    with tempfile.TemporaryDirectory(prefix="ingress-conformance-") as folder:
        values = Path(folder, "values.yaml")
        values.write_text(yaml.safe_dump(chart.values), encoding="utf-8")
        place = [f"{chart.repository}/{chart.name}"]
        if not chart.repository.startswith("oci:"):
            place = [chart.name, "--repo", chart.repository]
        words = [helm, "template", chart.release, *place, "--version", chart.version, "--namespace", namespace]
        words += ["--include-crds", "--values", str(values)]
        return Commands({"HELM_CACHE_HOME": folder, "HELM_CONFIG_HOME": folder}).run(words, patience, _HELM_LIMIT)
