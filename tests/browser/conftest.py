"""A browser, an inspector and pages. Without a browser these tests are skipped, and say what to install."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.browser.footage import write_footage
from tests.browser.inspector import Inspector

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
REVIEWERS = [f"reviewer{number}" for number in range(80)]
WAIT_MS = 20_000
LAPTOP = {"width": 1280, "height": 800}

OpenPage = Callable[..., Page]


def browser_path() -> str | None:
    """The system's Chromium; Playwright's own can't decode H.264."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def launched(playwright: Playwright, path: str) -> Browser:
    """The browser at `path`, running: videos may play without a click first."""
    return playwright.chromium.launch(
        executable_path=path, args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
    )


# Of the package: processes that later tests fork would keep the driver's pipe open, and it would never end.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = browser_path()
    if path is None:
        pytest.skip("no Chromium: the inspector's pages are NOT tested; install it with `apt-get install chromium`")
    with sync_playwright() as playwright:
        running = launched(playwright, path)
        yield running
        running.close()


@pytest.fixture(scope="session")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of clips that show their frame numbers."""
    return write_footage(tmp_path_factory.mktemp("footage") / "dataset").root


@pytest.fixture(scope="session")
def inspector(tmp_path_factory: pytest.TempPathFactory, footage: Path) -> Iterator[Inspector]:
    """One server for many tests, each of which is another reviewer."""
    server = Inspector(footage, tmp_path_factory.mktemp("inspector"), REVIEWERS).start()
    yield server
    server.stop()


_REVIEWER = count()


@pytest.fixture
def reviewer() -> str:
    """A name that no other test of this process has."""
    return REVIEWERS[next(_REVIEWER)]


@pytest.fixture
def open_page(browser: Browser, inspector: Inspector, reviewer: str) -> Iterator[OpenPage]:
    """Open an address of the inspector as the test's reviewer; what goes wrong in the page fails the test."""
    contexts = []
    troubles: list[str] = []
    hosts: set[str] = set()

    def open_at(
        path: str = "/", *, server: Inspector = inspector, name: str = reviewer, context: Any = None, **options: Any
    ) -> Page:
        if context is None:
            context = browser.new_context(**{"viewport": LAPTOP, **options})
            context.set_default_timeout(WAIT_MS)
            contexts.append(context)
            context.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        page: Page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(f"{error}\n{error.stack}"))
        page.on(
            "console",
            lambda message: troubles.append(message.text) if _is_trouble(message.type, message.text) else None,
        )
        page.goto(server.url(path, name))
        page.wait_for_selector("main")
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert not troubles, "\n".join(troubles)
    # Blob and data URLs have no host.
    assert {host.partition(":")[0] for host in hosts if host} <= {"127.0.0.1"}


def _is_trouble(kind: str, text: str) -> bool:
    """Errors of our own making; that a request failed is for the page to say and for the test to expect."""
    return kind == "error" and "Failed to load resource" not in text


def shown(page: Page) -> str:
    """Id of the sample that is open, once its pictures are shown."""
    page.wait_for_selector(".stage-slot[data-shown]")
    page.wait_for_function("() => !document.querySelector('.sample-view.coming')")
    return str(page.locator(".stage-slot").get_attribute("data-shown"))


def wait_for_other(page: Page, former: str) -> str:
    """Id of the sample that is open, once it is another one."""
    page.wait_for_function("former => document.querySelector('.stage-slot').dataset.shown !== former", arg=former)
    return shown(page)


def saved(page: Page) -> None:
    """Wait until nothing waits to be saved."""
    page.wait_for_function("() => document.querySelector('.saving').textContent.startsWith('✓')")


@pytest.fixture
def screenshot(tmp_path: Path) -> Callable[[Page, str], Path]:
    """For looking at a page while a test is written."""

    def take(page: Page, name: str) -> Path:
        path = tmp_path / f"{name}.png"
        page.screenshot(path=path)
        return path

    return take
