"""Images of the user's own put on the nodes of a kind cluster."""

import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

from conformance.clusters.current.patience import Patience
from conformance.clusters.kind.cluster import KindCluster
from conformance.clusters.kind.settings import is_archive
from conformance.errors import BadInput, HarnessFailure


def put_on_nodes(cluster: KindCluster, images: Mapping[str, str], patience: Patience) -> dict[str, str]:
    """Put images or archives on the nodes; returns the names under which pods get them, by what they take the place of.

    Raises:
        BadInput: an archive that is none, or an image that the engine does not have.
        Interrupted: the run was asked to stop.
    """
    names = {}
    for place, reference in images.items():
        if is_archive(reference):
            names[place] = name_in(Path(reference))
            cluster.load_archive(Path(reference), patience)
            continue
        try:
            cluster.load_image(reference, patience)
        except HarnessFailure as failure:
            raise BadInput(f"{reference} cannot be put on the nodes: {failure.message}", where="--image") from failure
        names[place] = reference
    return names


def name_in(archive: Path) -> str:
    """Return the name of the one image in an archive, as ``docker save`` writes it.

    Raises:
        BadInput: it is no such archive, or its image has no name.
    """
    hint = "an archive of one image with a name, as `docker save NAME:TAG` writes it"
    try:
        with tarfile.open(archive) as packed:
            found = packed.extractfile("manifest.json")
            listed = json.loads(found.read(1 << 20)) if found else []
        names = [str(name) for image in listed for name in image["RepoTags"] or ()]
    except (OSError, tarfile.TarError, KeyError, TypeError, ValueError) as error:
        raise BadInput(f"this is no archive of an image: {error}", where=str(archive), hint=hint) from error
    if len(listed) != 1 or not names:
        raise BadInput(f"it holds {len(listed)} images with {len(names)} names", where=str(archive), hint=hint)
    return names[0]
