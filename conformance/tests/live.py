"""Runs the real command in a process of its own, and looks whether anything of it is left."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.waiting import wait_until

TAG = "CONFORMANCE_TEST_TAG"


@dataclass(frozen=True)
class Outcome:
    """What a run left behind."""

    status: int
    output: str
    errors: str
    reports: dict[str, dict[str, Any]]

    @property
    def report(self) -> dict[str, Any]:
        """The only report."""
        (report,) = self.reports.values()
        return report

    def verdicts(self) -> dict[str, tuple[str, str | None]]:
        """Verdict and reason by case."""
        return {case["id"]: (case["verdict"], case["reason"]) for case in self.report["cases"]}


@dataclass(frozen=True)
class Live:
    """A command that has been started; ``tag`` marks all of its processes."""

    process: subprocess.Popen[str]
    tag: str
    out: Path

    def finish(self, limit: float = 300) -> Outcome:
        """Wait for the end and read what there is to read."""
        output, errors = self.process.communicate(timeout=limit)
        reports = {path.parent.name: json.loads(path.read_text()) for path in sorted(self.out.glob("*/report.json"))}
        return Outcome(self.process.returncode, output, errors, reports)

    def leftovers(self) -> list[str]:
        """Return the command lines of processes of this run that are still there after a moment's grace."""
        wait_until(lambda: not list(tagged(self.tag)), 5)
        return list(tagged(self.tag))


def tagged(tag: str) -> Iterator[str]:
    """Yield the command lines of all living processes whose environment holds the tag."""
    wanted = f"{TAG}={tag}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                yield (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue


def begin(out: Path, *arguments: str, prefix: Sequence[str] = ()) -> Live:
    """Start ``ingress-conformance ARGUMENTS`` with its results in ``out``."""
    tag = uuid.uuid4().hex
    command = [*prefix, sys.executable, "-m", "conformance", *arguments]
    if arguments[0] == "run" and "--resume" not in arguments:
        command += ["--out", str(out)]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, TAG: tag},
    )
    return Live(process, tag, out)


def run(out: Path, *arguments: str) -> Outcome:
    """Run ``ingress-conformance ARGUMENTS`` to its end; nothing of it may be left."""
    live = begin(out, *arguments)
    outcome = live.finish()
    assert live.leftovers() == []
    return outcome


def wrong_reference(folder: Path, mutant: str) -> str:
    """Write an entry for the reference controller with one fault, and return its path."""
    path = folder / f"{mutant.partition(':')[0]}.yaml"
    path.write_text(
        f"variant-of: reference\nname: {path.stem}\ndescription: The reference with one fault.\n"
        f"process:\n  add-arguments: ['--mutant={mutant}']\n"
    )
    return str(path)


def shell_controller(folder: Path, name: str, script: str) -> str:
    """Write an entry whose controller is a shell script, and return its path."""
    path = folder / f"{name}.yaml"
    path.write_text(
        f"""name: {name}
project: Tests
title: {name}
url: https://example.org/
licence: Apache-2.0
version: "1"
description: A shell script in the place of a controller.
class: {{name: {name}, controller: example.org/{name}}}
process:
  programs:
    sh: {{path: sh}}
  command: ["{{sh}}", -c, "{script}"]
"""
    )
    return str(path)
