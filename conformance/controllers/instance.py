"""A running instance of a controller."""

import os
import re
import signal
from pathlib import Path

from conformance.clusters.local.credentials import write_private
from conformance.controllers.command import HIDDEN, LOG, Invocation, Site, invocation
from conformance.controllers.entry import Entry
from conformance.controllers.process_group import ProcessGroup
from conformance.controllers.programs import Programs
from conformance.errors import HarnessFailure
from conformance.probes.answer import Endpoint

__all__ = ["Instance", "Site", "launch"]

GRACE = 2.0
LOG_TAIL_BYTES = 4096

_TERMINAL_CODES = re.compile(
    r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|.)|[\x00-\x08\x0b-\x1f\x7f-\x9f]", re.DOTALL
)
"""Colours, and whatever else in a controller's words would act on a terminal."""


class Instance:
    """A controller's process with all that it starts; made by :func:`launch`."""

    def __init__(self, entry: Entry, site: Site, invoked: Invocation) -> None:
        self.entry, self.ingress_class, self.controller = entry, site.ingress_class, site.controller
        self.endpoint = Endpoint(site.address, site.http_port, site.https_port)
        self.arguments = invoked.shown
        """The command line without secrets; files and folders of this run stand in it as ``{placeholders}``."""
        self.log = site.folder / LOG
        self._site, self._invoked = site, invoked
        self._group = self._start()

    @property
    def alive(self) -> bool:
        """Whether the program still runs (a held one does)."""
        return self._group.exit_status is None

    @property
    def exit_status(self) -> int | None:
        """The program's exit status (negative: the signal that ended it), or None while it runs."""
        return self._group.exit_status

    def log_tail(self) -> str:
        """Return the last lines of what the controller wrote, at most 4 KiB, without the token and without colours."""
        token = self._site.token
        try:
            with self.log.open("rb") as file:
                start = max(0, os.fstat(file.fileno()).st_size - LOG_TAIL_BYTES)
                file.seek(start)
                text = file.read(LOG_TAIL_BYTES).decode(errors="replace")
        except OSError as error:  # the folder is the controller's: it may do there what it likes
            return f"(its log cannot be read: {error.strerror})"
        text = text.replace(token, HIDDEN) if token else text
        # What is left of a token that began before the tail would not be recognised: it is cut off.
        return _TERMINAL_CODES.sub("", text[len(token) if start else 0 :])

    def stop(self, grace: float = GRACE) -> None:
        """End the controller and all that it started: politely first, for certain after ``grace`` seconds."""
        self._group.end(grace)

    def restart(self) -> None:
        """Stop the controller if it runs, and start it again as it was started first; its log goes on.

        Raises:
            HarnessFailure: it cannot be started.
        """
        self.stop()
        self._group = self._start()

    def pause(self) -> None:
        """Hold every process of the controller until :meth:`resume`."""
        self._group.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a held controller go on."""
        self._group.signal(signal.SIGCONT)

    def _start(self) -> ProcessGroup:
        folder = self._site.folder
        try:
            for name, content in self._invoked.files.items():
                path = folder / name
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_private(path, content)
            os.close(os.open(self.log, os.O_WRONLY | os.O_CREAT, 0o600))
            return ProcessGroup.start(self._invoked.argv, self.log, self._invoked.env, folder)
        except OSError as error:
            what = f": {error.filename}" if error.filename and Path(error.filename) != self.log else ""
            raise HarnessFailure(f"{self.entry.name} cannot be started: {error.strerror or error}{what}") from error


def launch(entry: Entry, programs: Programs, site: Site) -> Instance:
    """Start an instance of a controller and return it at once; that it serves is for its markers to show.

    Raises:
        HarnessFailure: its program cannot be started, or its files cannot be written.
    """
    return Instance(entry, site, invocation(entry, programs, site, os.environ))
