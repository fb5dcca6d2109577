"""Settings of the whole test suite, a folder to write files into, and a browser."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from conformance.tests.browser import browser, require_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# How long an example takes says something about the machine, not about the code: timing is measured elsewhere.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


@pytest.fixture(scope="module")
def chromium() -> "Iterator[Browser]":
    """The system's Chromium; the test fails or is skipped where there is none."""
    require_browser()
    with browser() as launched:
        yield launched


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Write a file into an empty folder, which becomes the working folder, and return its path as a user types it."""
    monkeypatch.chdir(tmp_path)

    def written(text: str, name: str = "mine.yaml") -> str:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
        return f"./{name}"

    return written
