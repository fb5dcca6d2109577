"""Where the programs of a controller came from, for reports: in no word a path of this machine."""

from dataclasses import dataclass
from pathlib import Path

from conformance.controllers.debian_version import debian_version
from conformance.controllers.entry import Entry
from conformance.controllers.sources import (
    DataSource,
    DebianSource,
    GoFileSource,
    GoSource,
    PathSource,
    PythonSource,
    Source,
    WheelModuleSource,
    WheelSource,
)


@dataclass(frozen=True)
class Origin:
    """One program, file or image; ``version`` is empty where nobody knows it."""

    name: str
    source: str
    version: str = ""


def origins_of(entry: Entry) -> tuple[Origin, ...]:
    """Return where each program of an entry comes from: as the entry says, or of Debian's as dpkg does.

    To be asked when all of them are there.
    """
    programs = entry.process.programs if entry.process else {}
    return tuple(_origin(name, source) for name, source in programs.items())


def _origin(name: str, source: Source) -> Origin:
    if isinstance(source, (WheelSource, WheelModuleSource)):
        wheel, _, version = source.wheel.partition("==")
        return Origin(name, f"wheel {wheel}", version)
    if isinstance(source, (GoSource, GoFileSource)):
        path = source.package if isinstance(source, GoSource) else source.module
        return Origin(name, str(source), _required(Path(source.go, "go.mod"), path))
    if isinstance(source, DebianSource):
        known = debian_version(source)
        return Origin(name, f"own program {Path(source.file).name}" if known is None else str(source), known or "")
    if isinstance(source, PythonSource):
        return Origin(name, str(source))
    return Origin(name, _own(source))


def _own(source: PathSource | DataSource) -> str:
    if isinstance(source, DataSource):
        return "own data"
    return "own program" if "/" in source.path else f"own program {source.path}"


def _required(pins: Path, path: str) -> str:
    """Return the version that a go.mod requires of the module with the package; nothing of one that is replaced."""
    lines = [line.partition("//")[0].split() for line in pins.read_text(encoding="utf-8").splitlines()]
    requirements = [words[-2:] for words in lines if len(words) > 1 and words[-1].startswith("v") and "=>" not in words]
    replaced = {word for words in lines if "=>" in words for word in words[: words.index("=>")]}
    found = [(module, version) for module, version in requirements if f"{path}/".startswith(f"{module}/")]
    module, version = max(found, key=lambda one: len(one[0]), default=("", ""))
    return "" if module in replaced else version
