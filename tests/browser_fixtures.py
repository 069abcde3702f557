"""Chromium and a served shop, for modules that say `pytest_plugins = ["tests.browser_fixtures"]`."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from cartograph.serving.run import Run
from tests.browser import EVALUATION, PageServer


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    path = shutil.which("chromium")
    if path is None:
        reason = "no chromium here; apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(f"in CI the page must be tested: {reason}")
        pytest.skip(reason)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def served(trained: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    """The planted shop, with an evaluation to show."""
    folder = tmp_path_factory.mktemp("served") / "run"
    shutil.copytree(trained.folder, folder)
    shutil.copy(EVALUATION, folder / "evaluation.json")
    server = PageServer(folder)
    server.start()
    yield server
    server.stop()
