"""From the cases that a file writes out to drafts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.case.draft import CaseDocument, Draft, where, with_api_version
from conformance.case.file_format import FileCase, FileProbe
from conformance.case.lint_kinds import kind_flaws
from conformance.case.matching import Pointer, default_host
from conformance.case.model import Case, Manifest, Probe
from conformance.case.placement import derived_marker, derived_placement
from conformance.case.problems import Problem
from conformance.case.steps import Step
from conformance.case.written_probes import probes_of
from conformance.case.written_steps import action_of, submissions_of, traffic_of


def written_cases(document: CaseDocument) -> Iterator[Draft | Problem]:
    """Yield a draft for each entry under ``cases``, and what keeps an entry from becoming one."""
    for index, entry in enumerate(document.model.cases):
        yield from _Entry(document, ("cases", index), entry).drafts()


class _Entry:
    """One entry on its way to a draft."""

    def __init__(self, document: CaseDocument, base: Pointer, entry: FileCase) -> None:
        self.document, self.base, self.entry = document, base, entry
        self.written: Mapping[str, Any] = document.values["cases"][base[1]]
        self.objects = tuple(with_api_version(manifest) for manifest in self.written.get("objects") or ())
        self.parts: dict[Pointer, Pointer] = {("id",): ("name",), ("spec_url",): ("spec",)}
        self.problems: list[Problem] = []

    def drafts(self) -> Iterator[Draft | Problem]:
        entry, file = self.entry, self.document.model
        probes = self._probes(entry.probes, self.objects, ())
        steps = tuple(self._steps())
        yield from self.problems
        if self.problems:
            return
        case = Case(
            id=f"{file.section}/{entry.name}",
            statements=entry.statements,
            level=entry.level,
            title=entry.title,
            spec_url=entry.spec or file.spec,
            objects=self.objects,
            probes=probes,
            placement=entry.placement or derived_placement(self.objects, steps),
            marker=entry.marker or derived_marker(entry.level, self.objects),
            backends=entry.backends,
            absent=entry.absent,
            steps=steps,
            submissions=submissions_of(entry.submissions, self.written.get("submissions") or ()),
            uses=entry.uses,
            keeps=entry.keeps,
            copies=entry.copies,
            where=where(self.document, self.base),
        )
        yield Draft(case, self.document, self.base, self.parts)

    def _steps(self) -> Iterator[Step]:
        """Yield the steps; a probe without a host takes it from the objects as they stand by then."""
        standing = list(self.objects)
        for number, step in enumerate(self.entry.steps):
            written = self.written["steps"][number].get("do") or ()
            actions = tuple(action_of(action, raw) for action, raw in zip(step.do, written, strict=True))
            standing += [action.apply for action in actions if action.apply is not None]
            yield Step(
                title=step.title,
                after=step.after,
                actions=actions,
                traffic=traffic_of(step.traffic, default_host(standing)) if step.traffic else None,
                latency=step.latency,
                probes=self._probes(step.probes, standing, ("steps", number)),
            )

    def _probes(self, wanted: Sequence[FileProbe], objects: Sequence[Manifest], place: Pointer) -> tuple[Probe, ...]:
        made: list[Probe] = []
        for number, probe in enumerate(wanted):
            path: Pointer = (*place, "probes", number)
            if probe.host is None and probe.status is None and default_host(objects) is None:
                self.problems += self._hostless((*self.base, *path))
            elif probe.id is not None and len(probe.request or ()) > 1:
                hint = "write a probe of its own for each request"
                message = "one id cannot name several probes"
                self.problems.append(self.document.problem((*self.base, *path, "id"), message, hint))
            else:
                for one in probes_of(probe, default_host(objects)):
                    self.parts[*place, "probes", len(made)] = path
                    made.append(one)
        return tuple(made)

    def _hostless(self, place: Pointer) -> Sequence[Problem]:
        """Return why a probe has no host: an Ingress whose kind is misspelt has no rules either."""
        kinds = [self.document.problem((*self.base, *pointer), *said) for pointer, *said in kind_flaws(self.objects)]
        hint = "no rule has a host that is not a wildcard: write host: NAME"
        return kinds or [self.document.problem(place, "this probe has no host", hint)]
