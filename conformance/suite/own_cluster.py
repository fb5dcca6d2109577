"""The options of a cluster of the user's own, for pytest and for the command line alike."""

from collections.abc import Mapping
from typing import Any

from conformance.clusters.current.settings import Settings, settings_of
from conformance.errors import BadInput

OPTIONS = (
    ("--kubeconfig", "PATH", "the kubeconfig (else KUBECONFIG, else ~/.kube/config)"),
    ("--context", "NAME", "the context (else the current one)"),
    ("--ingress-class", "NAME", "the IngressClass that the controller serves (else the catalogue's)"),
    ("--address", "HOST[:PORT]", "where the controller listens for http (else found out)"),
    ("--http-port", "PORT", "its port for http (80)"),
    ("--https-port", "PORT", "its port for https (443)"),
    ("--echo-image", "IMAGE", "the image of the echo backends"),
    ("--controller-version", "VERSION", "the controller's version, for the report"),
)
"""Each with the word for its value, and what it says."""

EXCLUSIVE = ("--exclusive", "nobody else uses it: judge also the cases that would disturb others")
"""A flag."""

VERSION = "controller_version"

SHARED = frozenset({"--echo-image", "--controller-version"})
"""What means something on a kind cluster, too."""


def clusters_of(option: str) -> str:
    """Return the option of the clusters on which an option means something, as help texts begin."""
    return "--cluster current or kind" if option in SHARED else "--cluster current"


def name_of(option: str) -> str:
    """Return the option's name in Python."""
    return option.removeprefix("--").replace("-", "_")


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return those options that were given, by the option as the user writes it."""
    own = (*(option for option, _, _ in OPTIONS), EXCLUSIVE[0])
    return {option: options[name_of(option)] for option in own if options[name_of(option)]}


def settings_on(cluster: str, options: Mapping[str, Any]) -> Settings:
    """Return the settings of the user's own cluster; ``options`` are all of a run's, by their names in Python.

    Raises:
        BadInput: an address or a port that is none, options that contradict each other, or that mean nothing on this
            kind of cluster.
    """
    own = given(options)
    if cluster != "current":
        if own.keys() - (SHARED if cluster == "kind" else ()):
            hint = "leave it out, or add --cluster current"
            where = ", ".join(option for option in own if option not in SHARED or cluster != "kind")
            raise BadInput("this is for a cluster of your own", where=where, hint=hint)
        return Settings()
    if options["programs"]:
        hint = "leave it out: on a cluster of your own the controller that runs there is judged"
        raise BadInput("no program is started there", where="--set", hint=hint)
    words = {name_of(option): value for option, value in own.items() if name_of(option) != VERSION}
    return settings_of(**words)
