"""The options of ``migrate --cluster kind``."""

from collections.abc import Callable, Mapping
from typing import Any

import click

from conformance.clusters.kind.settings import KindSettings
from conformance.suite import kind_cluster

_LEFT_OUT = {"manifests": "", "keep": False, "controller_version": ""}
"""What means nothing here: each of the two controllers has a cluster, a version and manifests of its own."""


def kind_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of kind clusters that mean something for two controllers."""
    echo = "--cluster kind: an echo image of yours, already pushed (else one is made here)."
    command = click.option("--echo-image", metavar="IMAGE", default="", help=echo)(command)
    image, metavar, text = kind_cluster.IMAGE
    command = click.option(image, multiple=True, metavar=metavar, help=f"--cluster kind: {text}.")(command)
    for option, metavar, text in reversed(kind_cluster.OPTIONS):
        if kind_cluster.name_of(option) not in _LEFT_OUT:
            command = click.option(option, metavar=metavar, default="", help=f"--cluster kind: {text}.")(command)
    return command


def settings_on(cluster: str, options: Mapping[str, Any]) -> KindSettings | None:
    """Return the settings of the kind clusters, or None where these are embedded ones.

    Raises:
        BadInput: something is no image or no file, or means nothing on this kind of cluster.
    """
    settings = kind_cluster.kind_settings_on(cluster, {**options, **_LEFT_OUT})
    return settings if cluster == "kind" else None
