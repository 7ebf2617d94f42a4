"""The server goes away while somebody decides: nothing is lost, nothing is written twice, and the page says so."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.manifest import read_manifest, write_manifest
from tests.browser.conftest import LAPTOP, WAIT_MS, OpenPage, saved, shown, wait_for_other
from tests.browser.inspector import Inspector

REVIEWER = "ann"
TRIES = 20


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory, footage: Path) -> Iterator[Inspector]:
    """A server that tests may kill."""
    folder = tmp_path_factory.mktemp("mortal")
    shutil.copytree(footage, folder / "dataset", ignore=shutil.ignore_patterns("reviews"))
    server = Inspector(folder / "dataset", folder, [REVIEWER]).start()
    yield server
    server.stop()


def accept_without_server(page: Page, server: Inspector, decisions: int) -> None:
    """The prefetched samples can still be judged after the server was killed."""
    sample = shown(page)
    page.wait_for_timeout(1500)
    server.kill()
    for number in range(decisions):
        page.keyboard.press("a")
        if number < decisions - 1:
            sample = wait_for_other(page, sample)
    expect(page.locator(".banner[data-name=saving]")).to_contain_text(f"{decisions} decisions wait")
    expect(page.locator(".saving")).to_contain_text("not saved")


def accepted(server: Inspector) -> list[str]:
    return [
        event["sample"]
        for line in server.log_of(REVIEWER).splitlines()
        if (event := json.loads(line))["verb"] == "accept"
    ]


def test_decisions_are_kept_and_sent_once_when_the_server_is_back(open_page: OpenPage, mortal: Inspector) -> None:
    page = open_page("/s/clip-000", server=mortal, name=REVIEWER)
    before = accepted(mortal)
    accept_without_server(page, mortal, 3)
    assert accepted(mortal) == before
    mortal.start()
    saved(page)
    expect(page.locator(".banner[data-name=saving]")).to_have_count(0)
    assert len(accepted(mortal)) == len(set(accepted(mortal))) == len(before) + 3


@pytest.mark.slow
def test_decisions_outlive_a_closed_tab(open_page: OpenPage, mortal: Inspector, browser: Browser) -> None:
    context = browser.new_context(viewport=LAPTOP)
    context.set_default_timeout(WAIT_MS)
    page = open_page("/s/clip-004", server=mortal, name=REVIEWER, context=context)
    before = accepted(mortal)
    accept_without_server(page, mortal, 2)
    page.close()
    mortal.start()
    again = open_page("/", server=mortal, name=REVIEWER, context=context)
    saved(again)
    context.close()
    assert len(accepted(mortal)) == len(before) + 2


def test_a_read_only_server_says_why_nothing_is_taken(open_page: OpenPage, tmp_path: Path, mortal: Inspector) -> None:
    second = Inspector(mortal.dataset, tmp_path, [REVIEWER])
    page = open_page("/s/clip-000", server=mortal, name=REVIEWER)
    shown(page)
    page.keyboard.press("a")
    saved(page)
    second.start()
    try:
        other = open_page("/s/clip-001", server=second, name=REVIEWER)
        shown(other)
        expect(other.locator(".banner[data-name=read-only]")).to_contain_text("Read-only")
        other.keyboard.press("a")
        expect(other.locator(".toast.bad")).to_be_visible()
        assert shown(other) == "clip-001"
    finally:
        second.stop()


@pytest.mark.slow
def test_a_data_set_that_changed_is_told(open_page: OpenPage, mortal: Inspector) -> None:
    page = open_page("/s/clip-000", server=mortal, name=REVIEWER)
    shown(page)
    manifest = DatasetLayout(mortal.dataset).manifest
    write_manifest(read_manifest(manifest)[:-1], manifest)
    banner = page.locator(".banner[data-name=changed]")
    for _ in range(TRIES):  # the server looks at the manifest now and then, and the page hears of it with an answer
        page.keyboard.press("j")
        page.wait_for_timeout(1000)
        if banner.is_visible():
            break
    page.get_by_role("button", name="Load it again").click()
    page.wait_for_load_state()
    shown(page)
    expect(page.locator(".banner[data-name=changed]")).to_have_count(0)
