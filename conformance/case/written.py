"""From the cases that a file writes out to drafts."""

from collections.abc import Iterator

from conformance.case.draft import CaseDocument, Draft, probe_id, where, with_api_version
from conformance.case.file_format import FileCase, FileProbe
from conformance.case.matching import Pointer, default_host
from conformance.case.model import Case, Expectation, Manifest, Probe
from conformance.case.placement import derived_placement
from conformance.case.problems import Problem


def written_cases(document: CaseDocument) -> Iterator[Draft | Problem]:
    """Yield a draft for each entry under ``cases``, and what keeps an entry from becoming one."""
    for index, entry in enumerate(document.model.cases):
        yield from _case(document, ("cases", index), entry)


def _case(document: CaseDocument, base: Pointer, entry: FileCase) -> Iterator[Draft | Problem]:
    written = document.values["cases"][base[1]]
    objects = tuple(with_api_version(manifest) for manifest in written["objects"])
    probes: list[Probe] = []
    parts: dict[Pointer, Pointer] = {("id",): ("name",), ("spec_url",): ("spec",)}
    complete = True
    for number, wanted in enumerate(entry.probes):
        path: Pointer = ("probes", number)
        if wanted.host is None and default_host(objects) is None:
            hint = "no rule has a host that is not a wildcard: write host: NAME"
            yield document.problem((*base, *path), "this probe has no host", hint)
            complete = False
            continue
        if wanted.id is not None and len(wanted.request) > 1:
            hint = "write a probe of its own for each request"
            yield document.problem((*base, *path, "id"), "one id cannot name several probes", hint)
            complete = False
            continue
        for made in _probes(wanted, objects):
            parts["probes", len(probes)] = path
            probes.append(made)
    if complete:
        file = document.model
        yield Draft(
            Case(
                id=f"{file.section}/{entry.name}",
                statements=entry.statements,
                level=entry.level,
                title=entry.title,
                spec_url=entry.spec or file.spec,
                objects=objects,
                probes=tuple(probes),
                placement=entry.placement or derived_placement(objects),
                marker=entry.marker,
                copies=entry.copies,
                where=where(document, base),
            ),
            document,
            base,
            parts,
        )


def _probes(wanted: FileProbe, objects: tuple[Manifest, ...]) -> Iterator[Probe]:
    usual = default_host(objects)
    host = wanted.host or usual or ""
    for target in wanted.request:
        yield Probe(
            id=wanted.id or probe_id(wanted.method, wanted.scheme, host, target, usual),
            method=wanted.method,
            scheme=wanted.scheme,
            host=host,
            target=target,
            headers=tuple((name, value) for name, values in wanted.headers.items() for value in values),
            body=wanted.body,
            expect=Expectation(outcome=wanted.expect.backend, received=wanted.expect.received),
            named=wanted.named,
        )
