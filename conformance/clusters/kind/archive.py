"""Container images written as archives, without an engine: what ``docker save`` writes, and every runtime reads.

Format: the Docker Image Specification v1.2 (https://github.com/moby/docker-image-spec/blob/main/v1.2.md).
"""

import hashlib
import io
import json
import os
import stat
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Image:
    """One layer: ``files`` are paths on this machine by their absolute paths in the image.

    ``config`` is the image's OCI config. Everything belongs to root, may be read by all and written by nobody else.
    """

    name: str
    files: Mapping[str, Path]
    config: Mapping[str, Any] = field(default_factory=dict)
    folders: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """A digest that changes with any of the files (by size and time of change), their places, or the config.

        Compiled Python is left out: it changes with its source, and whenever somebody imports that.
        """
        parts = [json.dumps(self.config, sort_keys=True), *self.folders]
        for place, path in sorted(self.files.items()):
            if path.suffix == ".pyc":
                continue
            known = path.stat()
            parts.append(f"{place} {known.st_size} {known.st_mtime_ns} {known.st_mode}")
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def write_archive(image: Image, to: Path) -> None:
    """Write the image as an archive.

    Raises:
        OSError: a file cannot be read, or ``to`` not be written.
    """
    layer_path = to.with_suffix(".layer")
    try:
        with layer_path.open("wb") as layer:
            _write_layer(image, layer)
        with layer_path.open("rb") as layer:
            diff_id = hashlib.file_digest(layer, "sha256").hexdigest()
        config = json.dumps(
            {
                "architecture": _MACHINES.get(os.uname().machine, os.uname().machine),
                "os": "linux",
                "config": dict(image.config),
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{diff_id}"]},
                "history": [{"created_by": "ingress-conformance"}],
            }
        ).encode()
        config_name = f"{hashlib.sha256(config).hexdigest()}.json"
        manifest = [{"Config": config_name, "RepoTags": [image.name], "Layers": [f"{diff_id}/layer.tar"]}]
        with tarfile.open(to, "w") as archive:
            _add_bytes(archive, "manifest.json", json.dumps(manifest).encode())
            _add_bytes(archive, config_name, config)
            with layer_path.open("rb") as layer:
                entry = tarfile.TarInfo(f"{diff_id}/layer.tar")
                entry.size = layer_path.stat().st_size
                archive.addfile(entry, layer)
    finally:
        layer_path.unlink(missing_ok=True)


def _write_layer(image: Image, to: BinaryIO) -> None:
    places = {place.strip("/") for place in (*image.files, *image.folders)}
    folders = {folder.strip("/") for folder in image.folders}
    folders |= {str(above) for place in places for above in Path(place).parents if str(above) != "."}
    with tarfile.open(fileobj=to, mode="w") as layer:
        for folder in sorted(folders):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            layer.addfile(entry)
        for place, path in sorted(image.files.items()):
            known = path.stat()
            entry = tarfile.TarInfo(place.strip("/"))
            entry.size, entry.mtime = known.st_size, int(known.st_mtime)
            entry.mode = 0o755 if known.st_mode & stat.S_IXUSR else 0o644
            with path.open("rb") as file:
                layer.addfile(entry, file)


def _add_bytes(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    archive.addfile(entry, io.BytesIO(data))
