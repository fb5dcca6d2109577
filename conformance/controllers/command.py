"""From an entry and the place it runs in to command lines, environment and files: values only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from conformance.controllers.default_certificate import default_certificate
from conformance.controllers.entry import Entry
from conformance.controllers.placeholders import FOLDER_OF, all_placeholders, expand
from conformance.controllers.process import Process
from conformance.controllers.programs import Programs
from conformance.controllers.site import CERTIFICATE_FILE, HIDDEN, KEY_FILE, KUBECONFIG, TOKEN_FILE, Site
from conformance.controllers.sources import PythonSource
from conformance.errors import BadInput

__all__ = ["HIDDEN", "LOG", "Invocation", "Layout", "Site", "invocation", "process_of", "shown_command"]

LOG = "controller.log"
PRIVATE = "private"
"""Folder of an instance that holds what only it sees, in the place where it sees it."""

_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
"""What a controller gets of our own environment: no proxies, no options that a user set for other work."""

_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


@dataclass(frozen=True)
class Layout:
    """What only the instance sees: folders by absolute path, each empty ("") or a copy of another folder."""

    processes: bool = False
    folders: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is private at all."""
        return self.processes or bool(self.folders)


@dataclass(frozen=True)
class Invocation:
    """What to start. ``shown`` is the main command without secrets and without what differs from run to run.

    ``folders`` and the keys of ``files`` are paths below the instance's folder. ``beside`` run as long as the main
    command does, ``before`` end before it starts.
    """

    argv: tuple[str, ...] = field(repr=False)
    shown: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    files: Mapping[str, str] = field(repr=False)
    folders: tuple[str, ...] = ()
    before: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    beside: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    layout: Layout = Layout()


def process_of(entry: Entry) -> Process:
    """Return how the entry runs on this machine.

    Raises:
        BadInput: it only runs in pods.
    """
    if entry.process is None:
        hint = "use --cluster kind or --cluster current; `controllers show` says how it is installed"
        raise BadInput(f"{entry.name} has no way to run on the embedded cluster, only in pods", hint=hint)
    return entry.process


def invocation(entry: Entry, programs: Programs, site: Site, environment: Mapping[str, str]) -> Invocation:
    """Return what starts an instance of ``entry`` at ``site``; ``environment`` is this process's own.

    Files with secrets are among ``files`` only where the entry asks for them.
    """
    process = process_of(entry)
    values = {**_paths(programs), "path": environment.get("PATH", ""), **site.values()}
    kept = {name: environment[name] for name in _ENVIRONMENT if name in environment}
    own = {name: expand(text, values) for name, text in process.env.items()}
    files = {_below(name): expand(text, values) for name, text in process.files.items()}
    asked = set(all_placeholders([process.command, process.before, process.beside, process.env, process.files]))
    private = process.private
    folders = {path: expand(source, values) for path, source in private.folders.items()} if private else {}
    if "token-file" in asked:
        files[TOKEN_FILE] = site.token
    if "kubeconfig" in asked:
        files[KUBECONFIG] = site.kubeconfig()
    if asked & {"default-certificate", "default-key"}:
        files[CERTIFICATE_FILE], files[KEY_FILE] = default_certificate()
    if process.in_cluster:
        folders[_ACCOUNT] = ""
        own = {"KUBERNETES_SERVICE_HOST": values["api-host"], "KUBERNETES_SERVICE_PORT": values["api-port"], **own}
        for name, content in (("token", site.token), ("ca.crt", site.ca.read_text()), ("namespace", site.namespace)):
            files[_below(f"{_ACCOUNT}/{name}")] = content

    def words(command: Iterable[str]) -> tuple[str, ...]:
        return tuple(_words(command, programs, values))

    return Invocation(
        argv=words(process.command),
        shown=shown_command(entry, site.shown()),
        env={**kept, "HOME": str(site.folder), **own},
        files=files,
        folders=tuple(_below(name) for name in process.empty_folders),
        before=tuple(words(command) for command in process.before),
        beside={name: words(command) for name, command in process.beside.items()},
        layout=Layout(private.processes if private else False, folders),
    )


def shown_command(entry: Entry, values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the main command as people read it: programs by their names, and what ``values`` lacks as it stands."""
    if entry.process is None:
        return ()
    programs = {
        name: ("python", "-m", source.python) if isinstance(source, PythonSource) else (name,)
        for name, source in entry.process.programs.items()
    }
    return tuple(_words(entry.process.command, programs, values))


def _below(name: str) -> str:
    """Where a file or folder lies in the instance's folder: those of private folders have absolute names."""
    return PRIVATE + name if name.startswith("/") else name


def _paths(programs: Programs) -> dict[str, str]:
    plain = {name: words[0] for name, words in programs.items() if len(words) == 1}
    return {**plain, **{f"{name}{FOLDER_OF}": path.rpartition("/")[0] for name, path in plain.items()}}


def _words(command: Iterable[str], programs: Programs, values: Mapping[str, str]) -> Iterable[str]:
    plain = {name: words[0] for name, words in programs.items() if len(words) == 1}
    for word in command:
        name = word[1:-1]
        if word == f"{{{name}}}" and name in programs:
            yield from programs[name]
        else:
            yield expand(word, {**values, **plain})
