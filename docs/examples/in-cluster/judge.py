"""Judge the controller of the cluster that this runs in: python judge.py ARGUMENTS of `run --cluster current`

Everything is left in $SONOBUOY_RESULTS_DIR (else /results): the run, JUnit XML, an archive of what is worth it, and
at last the file `done` with the path of the archive, for Sonobuoy. It is written whatever happens: else Sonobuoy would
wait for ever. Without Sonobuoy nobody fetches the archive, and the folder goes with the pod: it is written to the log,
each line after `results.tar.gz`, and a summary after it.
"""

import base64
import os
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

SUITE = [sys.executable, "-m", "conformance"]
RESULTS = Path("/results")
KEPT = ("report.json", "events.jsonl")
NOT_JUDGED = """<testsuites><testsuite name="ingress-conformance" tests="1" errors="1">
<testcase name="run" classname="harness"><error message="the suite could not judge: exit status {}"/></testcase>
</testsuite></testsuites>
"""


def main(arguments: list[str]) -> int:
    """Run, export and say that it is done; the status is that of the run."""
    collected = os.environ.get("SONOBUOY_RESULTS_DIR")
    results = Path(collected) if collected else RESULTS
    runs = results / "runs"
    results.mkdir(parents=True, exist_ok=True)
    run = subprocess.Popen([*SUITE, "run", "--cluster", "current", "--out", str(runs), *arguments])
    # A pod that is told to end: the run still deletes its namespaces.
    signal.signal(signal.SIGTERM, lambda number, _frame: run.send_signal(number))
    status = run.wait()
    junit = results / "junit.xml"
    export = [*SUITE, "export", str(runs), "--format", "junit", "--out", str(results)]
    exported = subprocess.run(export, check=False)
    if exported.returncode or not junit.is_file():
        # A run without a report must not look like one in which nothing failed.
        junit.write_text(NOT_JUDGED.format(status))
    archive = archived(results, junit, runs)
    (results / "done").write_text(str(archive))
    if not collected:
        to_log(archive)
        if not exported.returncode:
            subprocess.run([*SUITE, "export", str(runs), "--format", "markdown"], check=False)
    return status


def archived(results: Path, junit: Path, runs: Path) -> Path:
    """Write the archive: the XML, and CONTROLLER/report.json and CONTROLLER/events.jsonl as far as they are there."""
    archive = results / "results.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(junit, junit.name)
        for path in sorted(path for name in KEPT for path in runs.rglob(name)):
            packed.add(path, str(path.relative_to(runs)))
    return archive


def to_log(archive: Path) -> None:
    """Write an archive to the log: of a pod that has ended, the log is all that can be had."""
    lines = base64.encodebytes(archive.read_bytes()).decode().splitlines()
    sys.stdout.writelines(f"{archive.name} {line}\n" for line in lines)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
