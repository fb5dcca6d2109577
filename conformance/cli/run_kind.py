"""``run --cluster kind``: judge controllers of the catalogue, each in a kind cluster of its own."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from conformance.cli.run_current import judge_here, spelled
from conformance.cli.statuses import worst
from conformance.errors import BadInput
from conformance.suite import kind_cluster, own_cluster


def kind_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a kind cluster to a command."""
    keep, meaning = kind_cluster.KEEP
    command = click.option(keep, is_flag=True, help=f"--cluster kind: {meaning}.")(command)
    image, metavar, text = kind_cluster.IMAGE
    command = click.option(image, multiple=True, metavar=metavar, help=f"--cluster kind: {text}.")(command)
    for option, metavar, text in reversed(kind_cluster.OPTIONS):
        command = click.option(option, metavar=metavar, default="", help=f"--cluster kind: {text}.")(command)
    return command


def judge_kind(controllers: Sequence[str], arguments: Mapping[str, Sequence[str]], options: dict[str, Any]) -> int:
    """Judge controllers one after another, each with its arguments for pytest, and return the worst status.

    Raises:
        BadInput: a controller that is unknown or cannot be installed, an image that it does not have, or manifests for
            more than one.
    """
    from conformance.clusters.kind.opening import checked  # noqa: PLC0415
    from conformance.controllers.catalogue import find  # noqa: PLC0415

    settings = kind_cluster.kind_settings_on("kind", options)
    if settings.manifests and len(controllers) > 1:
        hint = "run them one by one"
        raise BadInput(f"they are for one controller, and there are {len(controllers)}", where="--manifests", hint=hint)
    for name in controllers:
        checked(find(name), settings)
    own = spelled(kind_cluster.given(options) | own_cluster.given(options))
    statuses = []
    for name in controllers:
        statuses.append(judge_here([*arguments[name], *own]))
        if statuses[-1] == 130:
            break
    return worst(statuses)
