"""Where an item gets its verdict: from the engine in this process, or across a socket from xdist's main one."""

import json
import secrets
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any, Protocol

from conformance.report.model import CaseRecord

Selected = Callable[[list[str]], None]


class Failed(Exception):
    """The run failed as a whole; the message says why."""


class Verdicts(Protocol):
    """Gives final verdicts, one case at a time."""

    def wait(self, case_id: str) -> CaseRecord:
        """Return the final record of a case, as soon as there is one; raises Failed where there will be none."""


class Board:
    """Holds the final records of this process's engine; every reader may wait for any case."""

    def __init__(self) -> None:
        self._records: dict[str, CaseRecord] = {}
        self._failure: str | None = None
        self._changed = threading.Condition()

    def post(self, record: CaseRecord) -> None:
        """Put up a final record."""
        with self._changed:
            self._records[record.id] = record
            self._changed.notify_all()

    def fail(self, why: str) -> None:
        """Say that no further record will come."""
        with self._changed:
            self._failure = self._failure or why
            self._changed.notify_all()

    def wait(self, case_id: str) -> CaseRecord:
        """See :class:`Verdicts`."""
        with self._changed:
            # A timeout in between lets Ctrl-C reach the main thread.
            while case_id not in self._records and self._failure is None:
                self._changed.wait(1.0)
            if case_id in self._records:
                return self._records[case_id]
            raise Failed(self._failure)


class Exchange:
    """Serves a board to the worker processes of pytest-xdist, over a Unix socket that only this user can reach."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self.key = secrets.token_hex(16)
        self.address = str(Path(tempfile.mkdtemp(prefix="verdicts-")) / "socket")
        self._listener = Listener(self.address, "AF_UNIX", authkey=self.key.encode())
        threading.Thread(target=self._accept, name="verdicts", daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), name="verdicts-worker", daemon=True).start()

    def _serve(self, connection: "Connection[Any, Any]") -> None:
        with suppress(EOFError, OSError), connection:
            while True:
                case_id = json.loads(connection.recv_bytes())
                reply: dict[str, Any]
                try:
                    reply = {"record": self._board.wait(case_id).model_dump(mode="json", by_alias=True)}
                except Failed as failure:
                    reply = {"failed": str(failure)}
                connection.send_bytes(json.dumps(reply).encode())


class RemoteVerdicts:
    """The worker's side of an :class:`Exchange`."""

    def __init__(self, address: str, key: str) -> None:
        self._connection = Client(address, "AF_UNIX", authkey=key.encode())

    def wait(self, case_id: str) -> CaseRecord:
        """See :class:`Verdicts`."""
        try:
            self._connection.send_bytes(json.dumps(case_id).encode())
            reply = json.loads(self._connection.recv_bytes())
        except (EOFError, OSError) as error:
            raise Failed("the main process of the run is gone") from error
        if "failed" in reply:
            raise Failed(reply["failed"])
        return CaseRecord.model_validate(reply["record"])
