"""A running instance of a controller."""

import os
import re
import signal
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from conformance.controllers.command import HIDDEN, LOG, Invocation, Site, invocation
from conformance.controllers.entry import Entry
from conformance.controllers.programs import Programs
from conformance.controllers.started import Started, log_of, start
from conformance.errors import HarnessFailure
from conformance.probes.answer import Endpoint

__all__ = ["Instance", "Site", "at_rest"]

GRACE = 2.0
LOG_TAIL_BYTES = 4096
LONGEST_LOG = 64 << 20
HELD_LIMIT = 1.0
"""Seconds; the API server may have to ask a webhook of the controller before it takes what is applied meanwhile."""

_TERMINAL_CODES = re.compile(
    r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|.)|[\x00-\x08\x0b-\x1f\x7f-\x9f]", re.DOTALL
)
"""Colours, and whatever else in a controller's words would act on a terminal."""


class Instance:
    """A controller's processes with all that they start: none until :meth:`start`."""

    def __init__(self, entry: Entry, site: Site, invoked: Invocation) -> None:
        self.entry, self.ingress_class, self.controller = entry, site.ingress_class, site.controller
        self.endpoint = Endpoint(site.address, site.http_port, site.https_port)
        self.arguments = invoked.shown
        """The command line without secrets; files and folders of this run stand in it as ``{placeholders}``."""
        self.log = site.folder / LOG
        self._site, self._invoked = site, invoked
        self._started = Started({})

    def start(self) -> None:
        """Start what has not been started yet; that it serves is for its markers to show.

        Raises:
            HarnessFailure: its program cannot be started, or its files cannot be written.
        """
        if not self._started.groups:
            self._started = self._start()

    @property
    def alive(self) -> bool:
        """Whether all of its programs still run, if they have been started (held ones do)."""
        return self._started.ended() is None

    @property
    def exit_status(self) -> int | None:
        """The exit status of the program that ended (negative: by that signal), or None while all of them run."""
        ended = self._started.ended()
        return None if ended is None else self._started.groups[ended].exit_status

    def log_tail(self) -> str:
        """Return the last lines of what the controller wrote, at most 4 KiB, without tokens and without colours.

        Where several programs run and one has ended, they are that one's.
        """
        secrets = self._site.secrets()
        longest = max(map(len, secrets), default=0)
        try:
            with log_of(self._site.folder, self._started.ended() or "").open("rb") as file:
                start = max(0, os.fstat(file.fileno()).st_size - LOG_TAIL_BYTES)
                file.seek(start)
                text = file.read(LOG_TAIL_BYTES).decode(errors="replace")
        except OSError as error:  # the folder is the controller's: it may do there what it likes
            return f"(its log cannot be read: {error.strerror})"
        for secret in secrets:
            text = text.replace(secret, HIDDEN)
        # What is left of a token that began before the tail would not be recognised: it is cut off.
        return _TERMINAL_CODES.sub("", text[longest if start else 0 :])

    def shorten_log(self) -> None:
        """Throw away what was logged so far where it is so much that it would fill the memory."""
        for name in self._started.groups:
            # The folder is the controller's: what it may have put in the place of a file is none of ours.
            with suppress(OSError):
                handle = os.open(log_of(self._site.folder, name), os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
                try:
                    found = os.fstat(handle)
                    if stat.S_ISREG(found.st_mode) and found.st_size > LONGEST_LOG:
                        os.ftruncate(handle, 0)
                finally:
                    os.close(handle)

    def stop(self, grace: float = GRACE) -> None:
        """End the controller and all that it started: politely first, for certain after ``grace`` seconds."""
        self._started.end(grace)

    def restart(self) -> bool:
        """Stop the controller if it runs, and start it again as it was started first; its log goes on.

        Returns that it was started again.

        Raises:
            HarnessFailure: it cannot be started.
        """
        self.stop()
        self._started = self._start()
        return True

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold every process of the controller until the block ends, or for ``HELD_LIMIT`` seconds."""
        go_on = partial(self._started.signal, signal.SIGCONT)
        timer = threading.Timer(HELD_LIMIT, go_on)
        timer.daemon = True
        self._started.signal(signal.SIGSTOP)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            go_on()

    def _start(self) -> Started:
        try:
            return start(self._invoked, self._site.folder)
        except HarnessFailure as failure:
            raise HarnessFailure(f"{self.entry.name} cannot be started: {failure.message}") from failure
        except OSError as error:
            what = f": {error.filename}" if error.filename and Path(error.filename) != self.log else ""
            raise HarnessFailure(f"{self.entry.name} cannot be started: {error.strerror or error}{what}") from error


def at_rest(entry: Entry, programs: Programs, site: Site) -> Instance:
    """Return an instance of a controller that is still to be started."""
    return Instance(entry, site, invocation(entry, programs, site, os.environ))
