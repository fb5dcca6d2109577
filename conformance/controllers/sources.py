"""Where a controller's program can come from: one model a kind, each spelled in one line."""

from typing import Literal

from pydantic import Field

from conformance.case.model import Frozen


class WheelSource(Frozen):
    """A program inside a wheel of PyPI, kept in the cache folder."""

    wheel: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9.+!_-]*$", description="NAME==VERSION."
    )
    file: str = Field(min_length=1, description="The program's file in it; the end of its path is enough.")

    @property
    def kind(self) -> Literal["wheel"]:
        """The key that tells the kinds apart."""
        return "wheel"

    def __str__(self) -> str:
        return f"wheel {self.wheel}"


class PythonSource(Frozen):
    """A module that this very Python runs."""

    python: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.]*$", description="Module to run with python -m.")

    @property
    def kind(self) -> Literal["python"]:
        """The key that tells the kinds apart."""
        return "python"

    def __str__(self) -> str:
        return f"python module {self.python}"


class PathSource(Frozen):
    """A program that the user has: on PATH under this name, or named with ``--set``."""

    path: str = Field(min_length=1, description="The program's name, or its absolute path.")
    install: str = Field("", description="What a user does to get it, in one sentence.")

    @property
    def kind(self) -> Literal["path"]:
        """The key that tells the kinds apart."""
        return "path"

    def __str__(self) -> str:
        return f"own program {self.path}"


class GoSource(Frozen):
    """A program built from a pinned Go module: a folder with go.mod and go.sum beside the entry."""

    go: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="The folder with go.mod and go.sum.")
    package: str = Field(min_length=1, description="Import path of the main package.")

    @property
    def kind(self) -> Literal["go"]:
        """The key that tells the kinds apart."""
        return "go"

    def __str__(self) -> str:
        return f"Go package {self.package}"
