"""``python -m conformance.proof.worker AGENDA``: carries out trials, some at once, on a cluster of its own.

Runs inside private namespaces. Several workers share an agenda: whoever makes a trial's folder carries it out.
"""

import os
import resource
import secrets
import signal
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from conformance.clusters.local.cluster import LocalCluster
from conformance.errors import ConformanceError
from conformance.proof.agenda import REPORT, TROUBLE, Agenda, Planned
from conformance.proof.expectation import specification_cases
from conformance.proof.model import Spent
from conformance.proof.trial import SharedCluster, carry_out
from conformance.suite.session import write_report


class Worker:
    """Carries out what nobody else has begun, each trial in a folder beside the agenda."""

    def __init__(self, agenda: Agenda, out: Path) -> None:
        self.agenda, self.out = agenda, out
        self.cases = specification_cases()
        self.cluster: LocalCluster = SharedCluster.start(_quiet)
        self.default_class, self.reviving = threading.Lock(), threading.Lock()
        self.revivals = 0

    def work(self) -> None:
        """Carry out trials until none is left."""
        with ThreadPoolExecutor(self.agenda.at_once, "trial") as threads:
            list(threads.map(self._try, self.agenda.trials))

    def _try(self, planned: Planned) -> None:
        folder = self.out / planned.subject
        try:
            folder.mkdir()
        except FileExistsError:
            return
        try:
            self._judge(planned, folder)
        except ConformanceError as error:
            (folder / TROUBLE).write_text(f"{error}\n")
        except Exception:  # noqa: BLE001 (it is told, and the other trials go on)
            (folder / TROUBLE).write_text(traceback.format_exc())

    def _judge(self, planned: Planned, folder: Path) -> None:
        """Carry out a trial; once more if a program of the control plane ended meanwhile, as some do on slow starts."""
        cases, revivals = planned.chosen(self.cases), self.revivals
        try:
            report = carry_out(planned, cases, self.cluster, self.default_class)
        except ConformanceError:
            with self.reviving:
                self.revivals += bool(self.cluster.plane.revive())
            if self.revivals == revivals:
                raise
            report = carry_out(planned, cases, self.cluster, self.default_class)
        write_report(folder / REPORT, report)


def spent() -> Spent:
    """Return the processor time used so far: our own, that of ended controllers, and that of what else runs here."""
    suite, ended = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    others = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            if int(folder.name) != os.getpid():
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                others += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return Spent(
        suite=round(suite.ru_utime + suite.ru_stime, 1),
        controllers=round(ended.ru_utime + ended.ru_stime, 1),
        cluster=round(others, 1),
    )


def main() -> None:
    """Read the agenda and work it off."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # Everything in these namespaces goes with this process; a trial that was cut short is as good as none.
        signal.signal(number, lambda number, _frame: os._exit(128 + number))
    agenda = Path(sys.argv[1])
    try:
        Worker(Agenda.model_validate_json(agenda.read_bytes()), agenda.parent).work()
    except ConformanceError as error:
        sys.exit(f"{error}")
    (agenda.parent / f"spent-{secrets.token_hex(4)}.json").write_text(spent().model_dump_json(by_alias=True))


def _quiet(_: str) -> None:
    """Say nothing: what came of each trial stands in its folder."""


if __name__ == "__main__":
    main()
