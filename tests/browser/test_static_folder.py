"""The folder that is sent to a colleague: it opens from the disk, without a server, and takes no decisions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from cointeract_inspector.settings import Settings
from cointeract_inspector.static_folder.write import write_folder
from tests.browser.conftest import LAPTOP, WAIT_MS, shown
from tests.browser.footage import HOSTILE

FIRST = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, footage: Path) -> Path:
    target = tmp_path_factory.mktemp("folder") / "out"
    write_folder(Settings(footage, cache=target.parent / "cache"), target, samples=None, first=FIRST)
    return target


@pytest.fixture
def page(browser: Browser, folder: Path) -> Iterator[Page]:
    page = browser.new_page(viewport=LAPTOP)
    page.set_default_timeout(WAIT_MS)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(f"file://{folder}/index.html")
    yield page
    page.close()
    assert not troubles


def test_it_opens_with_its_first_sample_and_walks_through_all(page: Page) -> None:
    first = shown(page)
    assert page.url.startswith("file://")
    seen = {first}
    for _ in range(FIRST - 1):
        page.keyboard.press("j")
        page.wait_for_function("former => document.querySelector('.stage-slot').dataset.shown !== former", arg=first)
        first = shown(page)
        seen.add(first)
    assert len(seen) == FIRST
    assert page.evaluate(
        "() => [...document.querySelectorAll('.sample-view video')].every((video) => video.readyState >= 2)"
    )


def test_frames_step_and_play(page: Page) -> None:
    shown(page)
    page.keyboard.press("End")
    expect(page.locator(".controls .frame")).to_have_text("80")
    page.keyboard.press("Home")
    expect(page.locator(".controls .frame")).to_have_text("0")
    page.keyboard.press("Space")
    page.wait_for_function("() => Number(document.querySelector('.controls .frame').textContent) > 5")


def test_it_takes_no_decisions_and_shows_prompts_as_text(page: Page) -> None:
    sample = shown(page)
    assert page.locator(".decision").count() == 0
    page.keyboard.press("a")
    page.wait_for_timeout(200)
    assert shown(page) == sample
    assert page.evaluate("() => window.pwned") is None
    if sample == "clip-000":
        assert HOSTILE in page.locator(".why .prompt").first.inner_text()


def test_the_grid_of_the_folder_opens_a_sample(page: Page) -> None:
    shown(page)
    page.get_by_role("link", name="Grid").click()
    page.wait_for_selector(".card[data-id]")
    assert page.locator(".card[data-id]").count() == FIRST
    page.locator(".card").nth(1).click()
    shown(page)
