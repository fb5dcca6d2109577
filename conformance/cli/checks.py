"""What this machine can run: each check looks, and gets, writes or starts nothing that lasts."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from conformance.cachedir import CACHE_VARIABLE, cache_root
from conformance.cli.kind_checks import ENGINE, kind_findings
from conformance.clusters.local import namespace
from conformance.clusters.local.programs.inventory import Finding, probe
from conformance.controllers.catalogue import catalogue
from conformance.controllers.entry import Entry
from conformance.controllers.programs import program_states

_TOOLS = {"unshare", "ip", "nft", "go"}
_ROOM_FOR_BUILD = 6 << 30
_ROOM = 1 << 30
_ALSO = {
    "kubectl": ("handy in `cluster shell`", "see https://kubernetes.io/docs/tasks/tools/"),
    "curl": ("the curl lines of a report need it", "Debian and Ubuntu: apt-get install curl"),
}


class State(StrEnum):
    """Whether a thing is here: ``ready``, had when it is needed, of no harm if it stays away, or in the way."""

    READY = "ready"
    ON_DEMAND = "on demand"
    ABSENT = "absent"
    MISSING = "missing"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: ``detail`` says what was found, ``hint`` how to get what is missing."""

    group: str
    name: str
    state: State
    detail: str
    hint: str = ""


def all_checks() -> tuple[Check, ...]:
    """Return every check, in the order in which a user needs the things."""
    findings = probe()
    programs = tuple(_programs(findings))
    here = (_namespaces(), *programs, *_tools(findings, _unready(programs)), _room(programs))
    kind = tuple(_kind())
    engine = any(check.name == ENGINE and check.state is State.READY for check in kind)
    return (*here, *kind, *_controllers(engine=engine), *_others())


def embedded_cluster_runs(checks: Iterable[Check]) -> bool:
    """Tell whether nothing stands in the way of the embedded cluster; what it gets on demand does not."""
    return not any(check.state is State.MISSING for check in checks if check.group == "embedded cluster")


def _namespaces() -> Check:
    group, name = "embedded cluster", "namespaces"
    reason = namespace.obstacle()
    if reason:
        # The way out of a refusal differs from machine to machine; these are the usual two.
        hint = (
            "in a container: run it with --privileged; as an ordinary user: allow user namespaces (sysctl), or be root"
        )
        return Check(group, name, State.MISSING, reason, "" if "not found" in reason else hint)
    how = "as root" if os.geteuid() == 0 else "in a user namespace"
    refusal = _mount_refusal()
    if refusal:
        return Check(group, name, State.MISSING, f"no mounts {how}: {refusal}", "run it as root, or with --privileged")
    return Check(group, name, State.READY, f"network, processes and mounts of its own, {how}")


def _mount_refusal() -> str:
    """Return why a temporary file system cannot be mounted inside the namespaces; mounted only for this look."""
    command = [*namespace.unshare_command(), "mount", "-t", "tmpfs", "tmpfs", "/tmp"]  # noqa: S108
    trial = subprocess.run(command, capture_output=True, text=True, check=False)
    return trial.stderr.strip() if trial.returncode else ""


def _programs(findings: Sequence[Finding]) -> Iterator[Check]:
    go = any(finding.name == "go" and (finding.there or not finding.hint) for finding in findings)
    for finding in findings:
        if finding.name in _TOOLS:
            continue
        if finding.there:
            yield Check("embedded cluster", finding.name, State.READY, finding.detail)
            continue
        # Whether a download would work shows only when it is tried; a build needs Go for certain.
        state = State.ON_DEMAND if go or _downloaded(finding.detail) else State.MISSING
        yield Check("embedded cluster", finding.name, state, finding.detail, finding.hint)


def _unready(programs: Iterable[Check]) -> bool:
    return any(check.state is not State.READY for check in programs)


def _downloaded(detail: str) -> bool:
    """Tell whether a program that is not here may be had without a build."""
    return "had from" in detail


def _tools(findings: Sequence[Finding], building: bool) -> Iterator[Check]:
    for finding in findings:
        if finding.name not in _TOOLS:
            continue
        if finding.there and (finding.name == "go" or shutil.which(finding.name)):
            yield Check("embedded cluster", finding.name, State.READY, finding.detail)
        elif finding.there:
            detail, hint = f"{finding.detail} is not on PATH", f"add {Path(finding.detail).parent} to PATH"
            yield Check("embedded cluster", finding.name, State.ABSENT, detail, hint)
        elif finding.name == "go" and not (building and finding.hint):
            yield Check("embedded cluster", "go", State.ON_DEMAND, finding.detail, finding.hint)
        elif finding.name == "nft":
            detail = "not found: no Service would have an address that works"
            yield Check("embedded cluster", "nft", State.MISSING, detail, finding.hint)
        else:
            # What the namespaces cannot do without is told by their own check; Go by that of the programs.
            yield Check("embedded cluster", finding.name, State.ABSENT, finding.detail, finding.hint)


def _room(programs: Sequence[Check]) -> Check:
    building = _unready(programs)
    must_build = any(check.state is not State.READY and not _downloaded(check.detail) for check in programs)
    root = cache_root()
    there = next(folder for folder in (root, *root.parents) if folder.exists())
    free, wanted = shutil.disk_usage(there).free, _ROOM_FOR_BUILD if building else _ROOM
    detail = f"{free / (1 << 30):.1f} GiB free in {root}"
    hint = f"free some space, or set {CACHE_VARIABLE} to a folder on another file system"
    if not os.access(there, os.W_OK | os.X_OK):
        state = State.MISSING if building or there == root else State.ABSENT
        return Check("embedded cluster", "cache", state, f"{there} cannot be written to", f"set {CACHE_VARIABLE}")
    if free < wanted:
        needed = f"; {wanted >> 30} GiB are needed" + (" for a build" if building else "")
        # A download needs less room than a build, but whether there is one shows only when it is tried.
        state = State.MISSING if must_build or (building and free < _ROOM) else State.ABSENT
        return Check("embedded cluster", "cache", state, detail + needed, hint)
    return Check("embedded cluster", "cache", State.READY, detail)


def _kind() -> Iterator[Check]:
    for finding in kind_findings():
        state = State.READY if finding.there else State.ON_DEMAND if finding.on_demand else State.ABSENT
        yield Check("kind cluster", finding.name, state, finding.detail, finding.hint)


def _controllers(*, engine: bool) -> Iterator[Check]:
    for entry in catalogue():
        yield _controller(entry) if entry.process else _in_pods(entry, engine=engine)


def _in_pods(entry: Entry, *, engine: bool) -> Check:
    detail, hint = f"{entry.version}, only in pods: --cluster kind", f"that needs a {ENGINE}: see above"
    return Check("controllers", entry.name, *((State.ON_DEMAND, detail) if engine else (State.ABSENT, detail, hint)))


def _controller(entry: Entry) -> Check:
    states = program_states(entry)
    detail = "; ".join(state.summary for state in states)
    missing = [state for state in states if state.missing]
    if missing:
        return Check("controllers", entry.name, State.ABSENT, detail, "; ".join(state.hint for state in missing))
    ready = all(state.words is not None for state in states)
    return Check("controllers", entry.name, State.READY if ready else State.ON_DEMAND, f"{entry.version}, {detail}")


def _others() -> Iterator[Check]:
    for name, (purpose, hint) in _ALSO.items():
        at = shutil.which(name)
        if at is None:
            yield Check("also", name, State.ABSENT, f"not on PATH; {purpose}", hint)
        else:
            yield Check("also", name, State.READY, str(Path(at)))
