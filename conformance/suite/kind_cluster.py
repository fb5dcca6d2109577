"""The options of a kind cluster, for pytest and for the command line alike."""

from collections.abc import Mapping
from typing import Any

from conformance.clusters.kind.settings import KindSettings, kind_settings
from conformance.errors import BadInput

OPTIONS = (
    ("--node-image", "IMAGE", "the image of the nodes (else kind's own)"),
    ("--kind-config", "PATH", "kind's configuration of the cluster (else one plain node)"),
    ("--manifests", "FILE", "install the controller with these (else with what its entry says)"),
)
"""Each with the word for its value, and what it says."""

IMAGE = ("--image", "NAME=IMAGE", "in place of the controller's image NAME, an image of the engine or FILE.tar")
"""May be given several times."""

KEEP = ("--keep", "keep the cluster, and use it again the next time")
"""A flag."""

SHARED = ("--echo-image", "--controller-version")
"""Options that mean something on a cluster of the user's own, too."""


def name_of(option: str) -> str:
    """Return the option's name in Python."""
    return option.removeprefix("--").replace("-", "_")


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return those options that were given, by the option as the user writes it."""
    own = (*(option for option, _, _ in OPTIONS), IMAGE[0], KEEP[0])
    return {option: options[name_of(option)] for option in own if options[name_of(option)]}


def kind_settings_on(cluster: str, options: Mapping[str, Any]) -> KindSettings:
    """Return the settings of a kind cluster; ``options`` are all of a run's, by their names in Python.

    Raises:
        BadInput: something is no image or no file, or means nothing on this kind of cluster.
    """
    own = given(options)
    if cluster != "kind":
        if own:
            hint = "leave it out, or add --cluster kind"
            raise BadInput("this is for a kind cluster", where=", ".join(own), hint=hint)
        return KindSettings()
    if options["programs"]:
        hint = "there an image takes the place of another: --image NAME=IMAGE"
        raise BadInput("no program is started there", where="--set", hint=hint)
    shared = {name_of(option): options[name_of(option)] for option in SHARED}
    return kind_settings(**{name_of(option): value for option, value in own.items()}, **shared)
