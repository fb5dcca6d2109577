"""``python -m conformance.proof.worker AGENDA OUT``: carries out trials, some at once, on a cluster of its own.

Runs inside private namespaces. Several workers share an agenda: whoever makes a trial's folder carries it out.
"""

import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from conformance.case.load import load_cases
from conformance.errors import ConformanceError
from conformance.proof.agenda import TROUBLE, Agenda, Planned
from conformance.proof.trial import SharedCluster, Trial, carry_out, chosen
from conformance.suite.session import write_report


class Worker:
    """Carries out what nobody else has begun."""

    def __init__(self, agenda: Agenda, out: Path) -> None:
        self.agenda, self.out = agenda, out
        self.cases = load_cases()
        self.cluster = SharedCluster.start(print)
        self.default_class = threading.Lock()

    def work(self) -> None:
        """Carry out trials until none is left."""
        with ThreadPoolExecutor(self.agenda.at_once, "trial") as threads:
            list(threads.map(self._try, self.agenda.trials))

    def _try(self, planned: Planned) -> None:
        folder = self.out / planned.subject
        with suppress(FileExistsError):
            folder.mkdir()
            self._carry_out(planned, folder)

    def _carry_out(self, planned: Planned, folder: Path) -> None:
        trial = Trial(planned.subject, chosen(self.cases, planned.cases), planned.limits, planned.seconds)
        try:
            self.cluster.plane.check()
            write_report(folder / "report.json", carry_out(trial, self.cluster, self.default_class))
        except ConformanceError as error:
            (folder / TROUBLE).write_text(f"{error}\n")
        except Exception:  # noqa: BLE001 (it is told, and the other trials go on)
            (folder / TROUBLE).write_text(traceback.format_exc())


def main() -> None:
    """Read the agenda and work it off."""
    agenda, out = (Path(argument) for argument in sys.argv[1:3])
    Worker(Agenda.model_validate_json(agenda.read_bytes()), out).work()


if __name__ == "__main__":
    main()
