"""Images written without an engine: archives that runtimes read, and the backends' image made of this Python."""

import hashlib
import json
import tarfile
from pathlib import Path

import pytest

from conformance.clusters.kind.archive import Image, write_archive
from conformance.clusters.kind.echo_image import echo_archive
from conformance.clusters.kind.images import name_in
from conformance.clusters.kind.linked import libraries, parsed
from conformance.errors import BadInput


def image(tmp_path: Path, content: str = "hello") -> Image:
    program = tmp_path / "program"
    program.write_text(content)
    program.chmod(0o700)
    return Image("docker.io/a/b:1", {"/opt/x/program": program}, {"Entrypoint": ["/opt/x/program"]}, ("/tmp",))


def test_an_archive_holds_what_its_digests_say(tmp_path: Path) -> None:
    write_archive(image(tmp_path), tmp_path / "image.tar")
    with tarfile.open(tmp_path / "image.tar") as archive:
        read = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]
    (manifest,) = json.loads(read["manifest.json"])
    config = json.loads(read[manifest["Config"]])
    assert manifest["Config"] == f"{hashlib.sha256(read[manifest['Config']]).hexdigest()}.json"
    (layer,) = manifest["Layers"]
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(read[layer]).hexdigest()}"]
    assert config["os"] == "linux"
    assert name_in(tmp_path / "image.tar") == "docker.io/a/b:1"


def test_files_belong_to_root_and_may_be_read_by_all(tmp_path: Path) -> None:
    write_archive(image(tmp_path), tmp_path / "image.tar")
    with tarfile.open(tmp_path / "image.tar") as archive:
        name = next(member.name for member in archive if member.name.endswith("layer.tar"))
        inner = archive.extractfile(name)
        with tarfile.open(fileobj=inner) as layer:
            members = {member.name: member for member in layer}
    assert set(members) == {"opt", "opt/x", "opt/x/program", "tmp"}
    assert {member.mode for member in members.values()} == {0o755}
    assert {(member.uid, member.gid) for member in members.values()} == {(0, 0)}


def test_the_digest_changes_with_the_content(tmp_path: Path) -> None:
    assert image(tmp_path, "a").digest != image(tmp_path, "other").digest


@pytest.mark.parametrize(
    "manifest", [None, "[]", '[{"RepoTags": null}]', "{", '[{"RepoTags": ["a"]}, {"RepoTags": ["b"]}]']
)
def test_archives_that_are_of_no_image(tmp_path: Path, manifest: str | None) -> None:
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        if manifest is not None:
            (tmp_path / "manifest.json").write_text(manifest)
            archive.add(tmp_path / "manifest.json", "manifest.json")
    with pytest.raises(BadInput) as told:
        name_in(path)
    assert "docker save" in told.value.hint
    path.write_text("no archive")
    with pytest.raises(BadInput):
        name_in(path)


def test_what_ldd_says() -> None:
    text = (
        "\tlinux-vdso.so.1 (0x00007ffd)\n"
        "\tlibz.so.1 => /lib/x/libz.so.1 (0x00007f)\n"
        "\t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n"
    )
    assert parsed(text) == {
        "libz.so.1": Path("/lib/x/libz.so.1"),
        "/lib64/ld-linux-x86-64.so.2": Path("/lib64/ld-linux-x86-64.so.2"),
    }


def test_this_python_is_linked_with_a_c_library() -> None:
    import sys  # noqa: PLC0415

    assert any("libc" in name for name in libraries([Path(sys.executable).resolve()]))


def test_the_backends_image_has_what_the_backend_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGRESS_CONFORMANCE_CACHE", str(tmp_path))
    name, path = echo_archive(lambda _line: None)
    assert name_in(path) == name
    with tarfile.open(path) as archive:
        members = {member.name: archive.extractfile(member) for member in archive}
        inner = next(file for name, file in members.items() if name.endswith("layer.tar"))
        with tarfile.open(fileobj=inner) as layer:
            names = layer.getnames()
        told = next(file for name, file in members.items() if name.endswith(".json") and name != "manifest.json")
        assert told is not None
        config = json.load(told)
    assert config["config"]["User"] == "65532:65532"
    ends = (
        "/conformance/echo/__main__.py",
        "/site-packages/httptools/__init__.py",
        "/lib/python",
        "/encodings/utf_8.py",
    )
    assert all(any(end in name for name in names) for end in ends)
    assert not any("/conformance/tests/" in name for name in names)
    assert echo_archive(lambda _line: None) == (name, path), "the second time it is there"
