"""The system's Chromium for tests. Where it must not be missing (CI), a missing one is a failure, never a skip."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REQUIRED = "CONFORMANCE_BROWSER"
"""Set to ``required`` where browser tests must run; ``CI`` means the same."""


def chromium() -> str | None:
    """Return the path of the system's Chromium; ``CHROMIUM`` names another one."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in PROGRAMS if (path := shutil.which(name))), None)


def require_browser() -> str:
    """Return the path of the browser, or end the test: failed where it is required, else skipped."""
    path = chromium()
    try:
        import playwright.sync_api  # noqa: F401, PLC0415
    except ImportError:
        path = None
    if path is not None:
        return path
    message = "no Chromium: install the package chromium, or name one with CHROMIUM=PATH; and pip install playwright"
    if os.environ.get("CI") or os.environ.get(REQUIRED) == "required":
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def browser() -> "Iterator[Browser]":
    """Start the browser, without a window."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    path = chromium()
    with sync_playwright() as started:
        # Root, as in containers, has no sandbox of Chromium's own kind.
        launched = started.chromium.launch(executable_path=path, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        try:
            yield launched
        finally:
            launched.close()
