"""Judge the controller of the cluster that this runs in: python judge.py ARGUMENTS of `run --cluster current`

Everything is left in $SONOBUOY_RESULTS_DIR (else /results): reports, JUnit XML, and at last the file `done` with the
path of the XML, for Sonobuoy. It is written whatever happens: else Sonobuoy would wait for ever.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

SUITE = [sys.executable, "-m", "conformance"]
NOT_JUDGED = """<testsuites><testsuite name="ingress-conformance" tests="1" errors="1">
<testcase name="run" classname="harness"><error message="the suite could not judge: exit status {}"/></testcase>
</testsuite></testsuites>
"""


def main(arguments: list[str]) -> int:
    """Run, export and say that it is done; the status is that of the run."""
    results = Path(os.environ.get("SONOBUOY_RESULTS_DIR") or "/results")
    results.mkdir(parents=True, exist_ok=True)
    run = subprocess.Popen([*SUITE, "run", "--cluster", "current", "--out", str(results / "runs"), *arguments])
    # A pod that is told to end: the run still deletes its namespaces.
    signal.signal(signal.SIGTERM, lambda number, _frame: run.send_signal(number))
    status = run.wait()
    junit = results / "junit.xml"
    export = [*SUITE, "export", str(results / "runs"), "--format", "junit", "--out", str(results)]
    exported = subprocess.run(export, check=False)
    if exported.returncode or not junit.is_file():
        # A run without a report must not look like one in which nothing failed.
        junit.write_text(NOT_JUDGED.format(status))
    (results / "done").write_text(str(junit))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
