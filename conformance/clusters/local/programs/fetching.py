"""Fetching released files over HTTP: one try, quick to give up, and nothing kept without the published checksum."""

import hashlib
import queue
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import requests

from conformance.errors import HarnessFailure

_PIECE = 1 << 14  # small, since the next look at the clock waits for a whole piece
_HEADERS = {"Accept-Encoding": "identity"}  # a checksum is of the file as it is stored


class Unavailable(Exception):
    """The file cannot be had from there; the next way should be tried. Its text is the reason."""


@dataclass(frozen=True)
class Patience:
    """How long to bear with a server, in seconds: ``answer`` is for the first small file, name look-up included.

    A download that is slower than ``floor`` bytes per second on average is given up after ``grace`` seconds.
    """

    connect: float = 3.0
    read: float = 10.0
    answer: float = 8.0
    grace: float = 30.0
    floor: float = 64 * 1024


ORDINARY_PATIENCE = Patience()


def fetch_text(url: str, patience: Patience) -> str:
    """Return a small text file. Raises Unavailable."""
    # In a thread of its own: no timeout of a socket covers a name server that keeps silent.
    answers: queue.SimpleQueue[str | Unavailable] = queue.SimpleQueue()

    def ask() -> None:
        try:
            with _opened(url, patience) as response:
                answers.put(response.text)
        except Unavailable as reason:
            answers.put(reason)
        except (OSError, ValueError) as error:  # a ValueError is about the address
            answers.put(Unavailable(_reason(error, patience)))

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=patience.answer)
    except queue.Empty:
        raise Unavailable(f"no answer within {patience.answer:g} s") from None
    if isinstance(answer, Unavailable):
        raise answer
    return answer


def fetch_file(url: str, checksum: str, to: Path, patience: Patience, tell: Callable[[str], None]) -> None:
    """Save ``url`` as ``to`` and tell of the progress about once a second.

    Raises Unavailable, or HarnessFailure when the SHA-256 of what came is not ``checksum``; then ``to`` is not kept.
    """
    digest = hashlib.sha256()
    try:
        with _opened(url, patience) as response, to.open("wb") as file:
            for piece in _pieces(response, patience, tell):
                file.write(piece)
                digest.update(piece)
    except requests.RequestException as error:
        raise Unavailable(_reason(error, patience)) from error
    if digest.hexdigest() != checksum:
        to.unlink()
        raise HarnessFailure(
            f"wrong checksum: SHA-256 is {digest.hexdigest()}, published is {checksum}; the file is thrown away",
            where=url,
            hint="something between here and there changes files or serves old ones; try again, or set "
            "INGRESS_CONFORMANCE_OFFLINE=1 to build from source instead",
        )


def checksum_for(name: str, published: str) -> str:
    """Return the SHA-256 of ``name`` from a published text: either a bare digest or ``DIGEST  NAME`` lines.

    Raises Unavailable when the text has no such thing, as the page of a sign-in portal.
    """
    for line in published.splitlines():
        digest, _, rest = line.strip().partition(" ")
        if re.fullmatch("[0-9a-fA-F]{64}", digest) and rest.strip().lstrip("*") in {"", name}:
            return digest.lower()
    raise Unavailable(f"no checksum of {name} is published there")


def _opened(url: str, patience: Patience) -> requests.Response:
    response = requests.get(url, headers=_HEADERS, timeout=(patience.connect, patience.read), stream=True)
    if response.status_code == 200 and (response.url.startswith("https:") or not url.startswith("https:")):
        return response
    response.close()
    raise Unavailable(
        f"HTTP status {response.status_code}" if response.status_code != 200 else "it redirects to plain HTTP"
    )


def _pieces(response: requests.Response, patience: Patience, tell: Callable[[str], None]) -> Iterator[bytes]:
    size = response.headers.get("Content-Length", "")
    of = f" of {int(size) / 1e6:.0f}" if size.isdigit() else ""
    started = told = time.monotonic()
    done = 0
    for piece in response.iter_content(_PIECE):
        yield piece
        done += len(piece)
        now = time.monotonic()
        if now - started > patience.grace and done < patience.floor * (now - started):
            raise Unavailable(f"too slow: {done / 1e3:.0f} kB in {now - started:.0f} s")
        if now - told >= 1:
            told = now
            tell(f"{done / 1e6:.0f}{of} MB")


def _reason(error: Exception, patience: Patience) -> str:
    if isinstance(error, requests.ConnectionError) and "Failed to resolve" in str(error):
        return "its name cannot be resolved"
    reasons = (
        (requests.ConnectTimeout, f"no connection within {patience.connect:g} s"),
        (requests.Timeout, f"silent for {patience.read:g} s"),
        (requests.exceptions.SSLError, "the TLS certificate is not trusted, or no TLS is spoken there"),
        (requests.exceptions.ProxyError, "the proxy does not answer or refuses"),
        (requests.ConnectionError, "cannot connect, or the connection broke"),
        (requests.exceptions.ChunkedEncodingError, "the connection broke"),
    )
    return next((reason for kind, reason in reasons if isinstance(error, kind)), str(error))
