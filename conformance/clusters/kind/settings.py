"""What the user says about a kind cluster: options in, checked values out. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from conformance.errors import BadInput

_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,254}")
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class KindSettings:
    """``manifests`` are the user's own, in place of the entry's; so are ``images``, or archives, by repository."""

    node_image: str = ""
    config: Path | None = None
    keep: bool = False
    manifests: Path | None = None
    images: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    echo_image: str = ""
    controller_version: str = ""


def kind_settings(
    *,
    node_image: str = "",
    kind_config: str = "",
    manifests: str = "",
    keep: bool = False,
    image: Iterable[str] = (),
    echo_image: str = "",
    controller_version: str = "",
) -> KindSettings:
    """Return the settings that the options say.

    Raises:
        BadInput: something is no image, or there is no such file.
    """
    for option, name in (("--node-image", node_image), ("--echo-image", echo_image)):
        if name and not _REFERENCE.fullmatch(name):
            raise BadInput(f"{name[:80]!r} is no image", where=option, hint="such as kindest/node:v1.36.1")
    config = _file(
        "--kind-config", kind_config, "with `kind: Cluster`, see https://kind.sigs.k8s.io/docs/user/configuration/"
    )
    installed = _file("--manifests", manifests, "as `kubectl apply` takes it")
    return KindSettings(node_image, config, keep, installed, parsed_images(image), echo_image, controller_version)


def _file(option: str, name: str, what: str) -> Path | None:
    if name and not Path(name).is_file():
        raise BadInput(f"{name} is no file", where=option, hint=f"a file {what}")
    return Path(name) if name else None


def parsed_images(texts: Iterable[str]) -> dict[str, str]:
    """Return what ``--image NAME=REF`` said, by the whole name of the repository.

    Raises:
        BadInput: it has no such form, or names an image twice.
    """
    images: dict[str, str] = {}
    for text in texts:
        name, equals, reference = text.partition("=")
        usable = _REFERENCE.fullmatch(name) and (is_archive(reference) or _REFERENCE.fullmatch(reference))
        if not (equals and usable):
            hint = "such as --image traefik=my-traefik:1, or --image traefik=./traefik.tar (as `docker save` writes it)"
            raise BadInput(f"{text[:120]!r} is not NAME=IMAGE", where="--image", hint=hint)
        if is_archive(reference) and not Path(reference).is_file():
            hint = "check the path; `docker save IMAGE -o FILE.tar` writes one"
            raise BadInput(f"there is no file {reference}", where="--image", hint=hint)
        if repository(name) in images:
            raise BadInput(f"the image {name} is given twice", where="--image", hint="give one of them")
        images[repository(name)] = reference
    return images


def is_archive(reference: str) -> bool:
    """Tell whether what takes an image's place is an archive of one, and not the name of one."""
    return reference.endswith(".tar")


def repository(image: str) -> str:
    """Return an image's registry and name in full, without tag and digest: ``traefik:v3`` is docker.io/library/traefik.

    Source: https://github.com/distribution/reference (normalised names).
    """
    name = image.partition("@")[0]
    head, slash, rest = name.rpartition("/")
    name = f"{head}{slash}{rest.partition(':')[0]}"
    first, slash, _ = name.partition("/")
    if not slash:
        return f"docker.io/library/{name}"
    if not ("." in first or ":" in first or first == "localhost"):
        return f"docker.io/{name}"
    return name
