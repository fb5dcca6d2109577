"""Programs that are there already: in $KUBEBUILDER_ASSETS, in the cache, on PATH."""

import os
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from conformance.clusters.local.programs.pins import ORIGIN_FILE, Component
from conformance.locked_cache import ready_entry

ASSETS_VARIABLE = "KUBEBUILDER_ASSETS"

_VERSION = re.compile(r"(?:Kubernetes|etcd Version:) v?(\d+\.\d+\.\d+\S*)")


@dataclass(frozen=True)
class Located:
    """A program, the version it has, and how it was had."""

    path: Path
    version: str
    origin: str


def in_assets(component: Component, say: Callable[[str], None]) -> dict[str, Located]:
    """Return the programs of ``component`` in $KUBEBUILDER_ASSETS, of whatever version: the user named the folder."""
    chosen = os.environ.get(ASSETS_VARIABLE, "")
    if not chosen:
        return {}
    folder = Path(chosen).expanduser().absolute()
    found = {}
    for name in component.packages:
        version = stated_version(folder / name)
        if version:
            found[name] = Located(folder / name, version, f"{ASSETS_VARIABLE}={chosen}")
            say(f"using {name} {version} from {ASSETS_VARIABLE} ({folder})")
        else:
            say(f"{ASSETS_VARIABLE} ({folder}) has no {name} that runs; looking elsewhere")
    return found


def in_cache(component: Component) -> dict[str, Located]:
    """Return all programs of ``component`` from the cache, released ones before built ones, or nothing."""
    for key in (component.release_key, component.build_key):
        entry = ready_entry(key, component.entry_names)
        if entry is not None:
            return in_entry(component, entry)
    return {}


def in_entry(component: Component, entry: Path) -> dict[str, Located]:
    """Return the programs of ``component`` in a complete cache entry."""
    origin = (entry / ORIGIN_FILE).read_text().strip()
    return {name: Located(entry / name, component.version, origin) for name in component.packages}


def on_path(component: Component, names: Collection[str], say: Callable[[str], None]) -> dict[str, Located]:
    """Return those of ``names`` that are on PATH in exactly the pinned version."""
    import shutil  # noqa: PLC0415 (not needed while the cache is warm)

    found = {}
    for name in names:
        at = shutil.which(name)
        version = stated_version(Path(at)) if at else ""
        if at and version == component.version:
            found[name] = Located(Path(at), version, "PATH")
            say(f"using {name} {version} from PATH ({at})")
        elif at:
            say(f"{at} is not {component.version} ({version or 'it states no version'}); not used")
    return found


def stated_version(program: Path) -> str:
    """Return the version that ``program --version`` states, such as ``v1.37.2``; empty if it does not run or tell."""
    import subprocess  # noqa: PLC0415 (not needed while the cache is warm)

    try:
        answer = subprocess.run(
            [program, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, UnicodeDecodeError, subprocess.TimeoutExpired):
        return ""
    stated = _VERSION.search(answer.stdout)
    return f"v{stated[1]}" if stated and answer.returncode == 0 else ""
