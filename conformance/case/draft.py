"""A case on its way from the file to the checks: it still knows where each part of it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.case.file_format import CaseFile
from conformance.case.manifests import API_VERSIONS
from conformance.case.matching import Pointer
from conformance.case.model import ADDRESS, Case, Manifest
from conformance.case.problems import Problem
from conformance.case.validation import Document

CaseDocument = Document[CaseFile]


@dataclass(frozen=True)
class Draft:
    """A case, the path of its entry in the file, and the paths of its parts where they lie elsewhere in it."""

    case: Case
    document: CaseDocument
    base: Pointer
    parts: Mapping[Pointer, Pointer] = field(default_factory=dict)

    def problem(self, pointer: Pointer, message: str, hint: str = "") -> Problem:
        """Return a problem at the part of the file that ``pointer``, a path within the case, stands for."""
        for length in range(len(pointer), 0, -1):
            if pointer[:length] in self.parts:
                return self.document.problem(
                    (*self.base, *self.parts[pointer[:length]], *pointer[length:]), message, hint
                )
        return self.document.problem((*self.base, *pointer), message, hint)


def where(document: CaseDocument, base: Pointer) -> str:
    """Return FILE:LINE of an entry."""
    place = document.problem(base, "").place
    return f"{document.file}:{place.line}" if place else document.file


def probe_id(method: str, scheme: str, host: str, target: str, default_host: str | None) -> str:
    """Return the id of a probe: ``GET /foo``, ``GET bar.foo.com/foo``, ``https GET /foo``."""
    secure = "https " if scheme == "https" else ""
    return f"{secure}{method} {'' if host == default_host else host}{target}"


def with_api_version(manifest: Mapping[str, Any]) -> Manifest:
    """Return the object with the apiVersion of its kind, where that is known and left out, as its first key."""
    known = API_VERSIONS.get(str(manifest.get("kind")))
    if "apiVersion" in manifest or known is None:
        return dict(manifest)
    return {"apiVersion": known, **manifest}


def is_address(host: str) -> bool:
    """Tell whether a probe's host stands for the controller's own address."""
    return host == ADDRESS
