"""Getting the control-plane programs, by the quickest way that works on this machine."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from conformance.clusters.local.programs.pins import COMPONENTS, KUBERNETES, Component, platform
from conformance.clusters.local.programs.present import ASSETS_VARIABLE, Located, in_assets, in_cache, in_entry, on_path
from conformance.clusters.local.programs.sources import MIRROR_VARIABLES, base_url, offline
from conformance.errors import HarnessFailure

Say = Callable[[str], None]


@dataclass(frozen=True)
class Programs:
    """The programs of the embedded cluster; ``version`` is the API server's, ``origin`` says how each was had."""

    etcd: Path
    kube_apiserver: Path
    kube_controller_manager: Path
    kube_proxy: Path
    version: str
    origin: str


def ensure(say: Say) -> Programs:
    """Return the programs, getting them first if need be; ``say`` gets short lines of progress.

    Tried in turn: $KUBEBUILDER_ASSETS, the cache, PATH (the pinned version only), the published releases, a build from
    source. Safe to call from several processes at once. Raises HarnessFailure when no way works.
    """
    if not platform().startswith("linux-"):
        raise HarnessFailure("the embedded cluster runs on Linux only", hint="use --cluster kind or --cluster current")
    found: dict[str, Located] = {}
    for component in COMPONENTS:
        found |= _had(component, say)
    _mention_skew(found, say)
    return Programs(
        etcd=found["etcd"].path,
        kube_apiserver=found["kube-apiserver"].path,
        kube_controller_manager=found["kube-controller-manager"].path,
        kube_proxy=found["kube-proxy"].path,
        version=found["kube-apiserver"].version,
        origin=_origin(found),
    )


def at_hand() -> bool:
    """Tell whether all programs are in the cache, without getting or saying anything."""
    return all(len(in_cache(component)) == len(component.packages) for component in COMPONENTS)


def _had(component: Component, say: Say) -> dict[str, Located]:
    found = in_assets(component, say)
    if len(found) == len(component.packages):
        return found
    found = in_cache(component) | found
    missing = [name for name in component.packages if name not in found]
    found |= on_path(component, missing, say) if missing else {}
    if len(found) == len(component.packages):
        return found
    return _made(component, say) | found


def _made(component: Component, say: Say) -> dict[str, Located]:
    # Imported here, because requests and the build take longer to import than a warm cache takes to answer.
    from conformance.clusters.local.programs.compiled import fill_from_source  # noqa: PLC0415
    from conformance.clusters.local.programs.fetching import Unavailable  # noqa: PLC0415
    from conformance.clusters.local.programs.release import fill_from_release  # noqa: PLC0415
    from conformance.locked_cache import locked_entry  # noqa: PLC0415

    what = f"{component.name} {component.version}"
    entry = partial(locked_entry, names=component.entry_names, what=what, say=say)
    if offline():
        why_built = "downloads are switched off"
    else:
        try:
            return in_entry(
                component,
                entry(component.release_key, fill=lambda scratch: fill_from_release(component, scratch, say)),
            )
        except Unavailable as reason:
            why_built = f"no download from {base_url(component)}: {reason}"
    say(f"{what}: {why_built}; building from source, which takes minutes the first time")
    try:
        made = entry(component.build_key, fill=lambda scratch: fill_from_source(component, scratch, say))
    except HarnessFailure as failure:
        raise HarnessFailure(
            f"there is no way to get {what} ({why_built}): {failure.message}",
            where=failure.where,
            hint="; or ".join(filter(None, [failure.hint, _other_ways(component)])),
        ) from failure
    return in_entry(component, made)


def _other_ways(component: Component) -> str:
    return (
        f"set {ASSETS_VARIABLE} to a folder that has {', '.join(component.packages)}; or set "
        f"{MIRROR_VARIABLES[component.name]} to a reachable copy of {base_url(component)}"
    )


def _mention_skew(found: dict[str, Located], say: Say) -> None:
    server = found["kube-apiserver"].version
    for name in KUBERNETES.packages:
        other = found[name].version
        if other.split(".")[:2] != server.split(".")[:2]:
            say(f"{name} is {other} and kube-apiserver {server}: Kubernetes wants these to be of one minor version")


def _origin(found: dict[str, Located]) -> str:
    origins = {name: f"{program.version}, {program.origin}" for name, program in found.items()}
    by_origin: dict[str, list[str]] = {}
    for name, origin in origins.items():
        by_origin.setdefault(origin, []).append(name)
    return "; ".join(f"{', '.join(names)}: {origin}" for origin, names in by_origin.items())
