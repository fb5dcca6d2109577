"""From a kubeconfig to a connection that has been tried, with the reason where there is none."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from kubernetes.client import ApiClient, Configuration
from kubernetes.config import ConfigException, list_kube_config_contexts, load_incluster_config, load_kube_config

from conformance.case.problems import did_you_mean
from conformance.clusters.api import Api, Refused
from conformance.clusters.current.rights import Right, allowed
from conformance.clusters.current.settings import Settings
from conformance.errors import HarnessFailure

DEFAULT_FILE = "~/.kube/config"
CONNECTIONS = 16
IN_CLUSTER = "in-cluster"
"""Stands where a context's name would, for a pod's own account."""


@dataclass(frozen=True)
class Connection:
    """A connection that works: the context it came from, the server's URL and version."""

    api: Api
    context: str
    server: str
    version: str


def connect(settings: Settings) -> Connection:
    """Return a connection to the API server of the context, after it has answered once.

    Files are read as kubectl reads them (``--kubeconfig``, KUBECONFIG with several paths, ``~/.kube/config``; exec
    plugins are run); nothing is written back to them. In a pod, without any of these, it is the pod's own account.

    Raises:
        HarnessFailure: no kubeconfig, no such context, no credentials, or no answer.
    """
    if _in_a_pod(settings):
        return _of_the_pod()
    files = settings.kubeconfig or os.environ.get("KUBECONFIG") or DEFAULT_FILE
    context, user_needs_plugin = _chosen(files, settings.context)
    configuration = Configuration()
    configuration.connection_pool_maxsize = CONNECTIONS
    with _complaints() as complaints:
        try:
            load_kube_config(files, context, client_configuration=configuration, persist_config=False)  # type: ignore[no-untyped-call]
        except (ConfigException, OSError, ValueError, KeyError, TypeError) as error:
            raise HarnessFailure(
                f"the context {context} cannot be used: {error}",
                where=files,
                hint=f"try: kubectl --context {context} version",
            ) from error
    if user_needs_plugin and not (configuration.api_key or configuration.cert_file):
        said = "; ".join(complaints) or "it gave neither a token nor a certificate"
        raise HarnessFailure(
            f"the credential plugin {user_needs_plugin!r} of context {context} failed: {said}",
            where=files,
            hint=f"log in again; `kubectl --context {context} version` runs the same plugin",
        )
    api = Api(ApiClient(configuration))
    return Connection(api, context, str(configuration.host), _first_answer(api, context, str(configuration.host)))


def _in_a_pod(settings: Settings) -> bool:
    said = settings.kubeconfig or settings.context or os.environ.get("KUBECONFIG")
    return not said and "KUBERNETES_SERVICE_HOST" in os.environ and not Path(DEFAULT_FILE).expanduser().is_file()


def _of_the_pod() -> Connection:
    configuration = Configuration()
    configuration.connection_pool_maxsize = CONNECTIONS
    try:
        load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    except (ConfigException, OSError) as error:
        hint = "give the pod a service account: serviceAccountName, and automountServiceAccountToken: true"
        raise HarnessFailure(f"the pod's own account cannot be used: {error}", hint=hint) from error
    api, server = Api(ApiClient(configuration)), str(configuration.host)
    return Connection(api, IN_CLUSTER, server, _first_answer(api, IN_CLUSTER, server))


def _chosen(files: str, wanted: str) -> tuple[str, str]:
    """Return the context's name, and the command of the plugin that its user needs, if any."""
    hint = "name a file with --kubeconfig or KUBECONFIG"
    if not any(Path(path).expanduser().is_file() for path in files.split(os.pathsep) if path):
        raise HarnessFailure("there is no kubeconfig", where=files, hint=hint)
    try:
        contexts, current = list_kube_config_contexts(files)  # type: ignore[no-untyped-call]
    except (ConfigException, yaml.YAMLError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        words = " ".join(str(error).split())[:300]
        if not wanted and "current-context" in words:
            raise HarnessFailure("the kubeconfig has no current context", where=files, hint="use --context") from error
        raise HarnessFailure(f"the kubeconfig cannot be read: {words}", where=files, hint=hint) from error
    names = [str(context["name"]) for context in contexts]
    name = wanted or str(current["name"])
    if name not in names:
        known = f"there are {', '.join(names)}" if names else "the file has none"
        raise HarnessFailure(
            f"there is no context {name!r}", where=files, hint=did_you_mean(name, names, otherwise=known)
        )
    return name, _plugin_of(files, next(c for c in contexts if c["name"] == name))


def _plugin_of(files: str, context: dict[str, dict[str, str]]) -> str:
    wanted = (context.get("context") or {}).get("user")
    for path in files.split(os.pathsep):
        file = Path(path).expanduser()
        if not (path and file.is_file()):
            continue
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        for user in content.get("users") or []:
            if user.get("name") == wanted:
                return str(((user.get("user") or {}).get("exec") or {}).get("command") or "")
    return ""


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect what the client would only log: it goes on without credentials when a plugin fails."""
    said: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(" ".join(record.getMessage().split())[:500])

    handler, root = Collect(logging.ERROR), logging.getLogger()
    root.addHandler(handler)
    try:
        yield said
    finally:
        root.removeHandler(handler)


def _first_answer(api: Api, context: str, server: str) -> str:
    hint = f"try: kubectl --context {context} version"
    try:
        version = api.version()
        # The version is told to anybody; this one is not.
        allowed(api, Right("get", "namespaces"))
    except Refused as refusal:
        where = f"{server} (context {context})"
        if refusal.status == 401:
            again = f"they may have expired: log in again; {hint}"
            raise HarnessFailure("the API server does not accept the credentials", where=where, hint=again) from refusal
        raise HarnessFailure(refusal.server_message, where=where, hint=hint) from refusal
    return version
