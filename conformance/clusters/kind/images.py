"""Images of the user's own put on the nodes of a kind cluster."""

import json
import tarfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from conformance.clusters.current.patience import Patience
from conformance.clusters.kind.cluster import KindCluster
from conformance.clusters.kind.settings import is_archive
from conformance.errors import BadInput, HarnessFailure

_OWN = "the name of an image that the container engine has, or a file as its `save` writes it"


def put_on_nodes(cluster: KindCluster, images: Mapping[str, str], patience: Patience) -> dict[str, str]:
    """Put images or archives on the nodes; returns the names under which pods get them, by what they take the place of.

    Raises:
        BadInput: an archive that is none, or an image that the engine does not have.
        Interrupted: the run was asked to stop.
    """
    names = {}
    for place, reference in images.items():
        with ExitStack() as used:
            if is_archive(reference):
                archive = Path(reference)
                names[place] = name_in(archive)
            else:
                try:
                    archive = used.enter_context(cluster.saved(reference, patience))
                    # Engines complete short names in ways of their own: the archive says how.
                    names[place] = name_in(archive)
                except (HarnessFailure, BadInput) as failure:
                    why = f"{reference} cannot be put on the nodes: {failure.message}"
                    raise BadInput(why, where="--image", hint=_OWN) from failure
            cluster.load_archive(archive, patience)
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
