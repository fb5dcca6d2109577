"""Names as an API server takes them: of objects, hosts, ports and annotations. Pure."""

import re
from collections.abc import Mapping

from conformance.case.yaml_tree import Path

HINT = "kubectl apply --dry-run=server -f FILE says more"
_NAME_HINT = "an API server takes small letters, digits, - and ."
_LABEL_HINT = "an API server takes small letters, digits and -, at most 63"
_HOST_HINT = "an API server takes small letters, digits and - between dots: foo.com or *.foo.com, without a port"
_PORT_HINT = "an API server takes small letters, digits and single - between them, at most 15, of which one is a letter"
_KEY_HINT = "an API server takes letters, digits, -, _ and ., at most 63, with a DNS name and one / in front or without"

_LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_PORT = re.compile(r"(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*")
_KEY = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")
_LONGEST_NAME, _LONGEST_LABEL, _LONGEST_PORT = 253, 63, 15
MOST_ANNOTATIONS = 256 * 1024
"""Bytes of all annotations of an object, their keys included."""


class Wrong(ValueError):
    """What is wrong with an object, what to do about it, and at which of its values."""

    def __init__(self, message: str, hint: str = HINT, at: Path = ()) -> None:
        super().__init__(message)
        self.message, self.hint, self.at = message, hint, at

    @property
    def briefly(self) -> str:
        """The message for whoever is told line and column as well: where it begins with a path, only the last key."""
        whole, key = shown(self.at), next((step for step in reversed(self.at) if isinstance(step, str)), "")
        return f"{key}{self.message.removeprefix(whole)}" if self.message.startswith(whole) else self.message


def shown(at: Path) -> str:
    """Return a place in an object as people write it: ``spec.rules[0].host``."""
    text = "".join(f"[{step}]" if isinstance(step, int) or "." in step else f".{step}" for step in at)
    return text.removeprefix(".")


def check_name(name: object, at: Path, *, label: bool = False) -> None:
    """Check the name of an object; ``label`` says that it must not have dots.

    Raises:
        Wrong: it is none.
    """
    longest = _LONGEST_LABEL if label else _LONGEST_NAME
    if not isinstance(name, str) or not _is_name(name, longest) or (label and "." in name):
        raise Wrong(f"{shown(at)} is {name!r:.60}, which is no DNS name", _LABEL_HINT if label else _NAME_HINT, at)


def check_host(host: str, at: Path) -> None:
    """Check a host, which may begin with a wildcard.

    Raises:
        Wrong: it is none.
    """
    if len(host) > _LONGEST_NAME or not _is_name(host.removeprefix("*.")):
        raise Wrong(f"{shown(at)} is {host!r:.60}, which is no DNS name", _HOST_HINT, at)


def check_port_name(name: object, at: Path) -> None:
    """Check the name of a Service's port (IANA_SVC_NAME).

    Raises:
        Wrong: it is none.
    """
    if not isinstance(name, str) or len(name) > _LONGEST_PORT or not _PORT.fullmatch(name):
        raise Wrong(f"{shown(at)} is {name!r:.60}, which is no name of a port", _PORT_HINT, at)


def check_annotations(annotations: Mapping[str, str]) -> None:
    """Check the keys of annotations, and how much they hold in all.

    Raises:
        Wrong: an API server takes no such key, or not so much.
    """
    whole: Path = ("metadata", "annotations")
    for key in annotations:
        prefix, slash, name = key.rpartition("/")
        # The case of a key does not matter.
        if (slash and not _is_name(prefix.lower())) or len(name) > _LONGEST_LABEL or not _KEY.fullmatch(name):
            raise Wrong(f"{key!r:.90} is no key of an annotation", _KEY_HINT, (*whole, key))
    size = sum(len(text.encode(errors="surrogatepass")) for pair in annotations.items() for text in pair)
    if size > MOST_ANNOTATIONS:
        message = f"its annotations have {size} bytes, more than the {MOST_ANNOTATIONS} that an API server takes"
        raise Wrong(message, "put what is so long into a ConfigMap, if the controller reads one", whole)


def _is_name(text: str, longest: int = _LONGEST_NAME) -> bool:
    return len(text) <= longest and bool(_NAME.fullmatch(text))
