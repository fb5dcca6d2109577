"""The image of the echo backends, made from this very Python: no registry is asked, and it is of the suite's version.

The Dockerfile beside the backend makes the same for those who publish an image.
"""

import importlib.metadata
import os
import re
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import conformance
from conformance.cachedir import cache_failure
from conformance.clusters.kind.archive import Image, write_archive
from conformance.clusters.kind.linked import placed
from conformance.errors import HarnessFailure
from conformance.locked_cache import Say, locked_entry

REPOSITORY = "docker.io/ingress-conformance/echo"
ARCHIVE = "image.tar"

_HOME = "/python"
_LIBRARIES = "/python/linked"
_PACKAGE = Path(conformance.__file__).parent
_REQUIREMENTS = _PACKAGE / "echo" / "requirements.txt"
_USER = "65532:65532"

# Parts of the standard library that a backend never imports.
_LEFT_OUT = {
    "site-packages",
    "dist-packages",
    "test",
    "tests",
    "idlelib",
    "tkinter",
    "turtledemo",
    "ensurepip",
    "lib2to3",
}
_LEFT_OUT |= {"pydoc_data"}
_SUFFIXES = {".py", ".pyc", ".so"}


def echo_archive(say: Say) -> tuple[str, Path]:
    """Return the image's name and its archive in the cache folder; it is written if need be.

    Raises:
        HarnessFailure: this Python cannot be put into an image, or the cache not be written.
    """
    if sys.platform != "linux":
        hint = "build it with conformance/echo/Dockerfile and name it with --echo-image"
        raise HarnessFailure("the image of the backends can be made of a Python on Linux only", hint=hint)
    unnamed = Image("", dict(_files()), _config(), folders=("/tmp",))  # noqa: S108 - a folder of the image
    name = f"{REPOSITORY}:{unnamed.digest}"
    image = Image(name, unnamed.files, unnamed.config, unnamed.folders)

    def fill(scratch: Path) -> None:
        say("making the image of the backends")
        for older in scratch.parent.glob("echo-*/"):
            # One that a run beside this one is putting on its nodes stays readable for it.
            if ".partial-" not in older.name:
                shutil.rmtree(older, ignore_errors=True)
        write_archive(image, scratch / ARCHIVE)

    try:
        entry = locked_entry(f"images/echo-{image.digest}", [ARCHIVE], fill, what="the image of the backends", say=say)
    except OSError as error:
        raise cache_failure(error, Path(ARCHIVE)) from error
    return name, entry / ARCHIVE


def _config() -> dict[str, object]:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {
        "Entrypoint": [f"{_HOME}/bin/python{version}", "-m", "conformance.echo"],
        "Env": [
            f"PYTHONHOME={_HOME}",
            f"LD_LIBRARY_PATH={_LIBRARIES}",
            "PYTHONDONTWRITEBYTECODE=1",
            "PYTHONUNBUFFERED=1",
        ],
        "User": _USER,
        "WorkingDir": "/",
    }


def _files() -> Iterator[tuple[str, Path]]:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    interpreter = Path(os.path.realpath(sys.executable))
    library = f"{_HOME}/lib/{version}"
    found = dict(_tree(Path(sysconfig.get_path("stdlib")), library))
    ours = f"{library}/site-packages/conformance"
    found |= _tree(_PACKAGE / "echo", f"{ours}/echo")
    # What the backend imports of ours lies here; a test compares.
    found |= {f"{ours}/{path.name}": path for path in _PACKAGE.glob("*.py")}
    found |= _distributions(f"{library}/site-packages")
    found[f"{_HOME}/bin/{version}"] = interpreter
    compiled = [path for path in found.values() if path.suffix == ".so"]
    found |= placed([interpreter, *compiled], _LIBRARIES)
    yield from found.items()


def _tree(folder: Path, place: str) -> Iterator[tuple[str, Path]]:
    for above, names, files in os.walk(folder):
        names[:] = [name for name in names if name not in _LEFT_OUT and not name.startswith("config-")]
        inside = Path(above).relative_to(folder)
        for name in files:
            if Path(name).suffix in _SUFFIXES and not _of_a_window(name):
                yield str(Path(place, inside, name)), Path(above, name)


def _of_a_window(name: str) -> bool:
    """Tell of modules for windows on a screen: their libraries are large, and often not there."""
    return name.startswith(("_tkinter.", "_curses", "_dbm.", "_gdbm.", "readline."))


def _distributions(place: str) -> Iterator[tuple[str, Path]]:
    for line in _REQUIREMENTS.read_text().splitlines():
        name = re.split("[=#]", line)[0].strip()
        if not name:
            continue
        try:
            files = importlib.metadata.distribution(name).files or ()
        except importlib.metadata.PackageNotFoundError:
            continue  # what this version of Python does not need
        for file in files:
            path = Path(str(file.locate()))
            inside = Path(os.path.normpath(str(file)))
            if inside.parts[0] != ".." and path.suffix in _SUFFIXES and path.is_file():
                yield str(Path(place, inside)), path
