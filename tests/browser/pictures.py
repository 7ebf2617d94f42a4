"""Takes the pictures of the inspector's guide: `python -m tests.browser.pictures build/demo/dataset docs/inspector`.

The data set is copied first, since two reviewers disagree about a clip of it.
"""

from __future__ import annotations

import argparse
import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import LAPTOP, browser_path, launched, saved, shown
from tests.browser.inspector import Inspector

REVIEWERS = ("ann", "bob")
COLOURS = 256
FRAME = 40
"""That is shown of a clip: in its middle."""


class Photographer:
    """Opens addresses of a server as one of its reviewers, and takes pictures of them.

    Args:
        browser: that is running.
        server: that is running.
        folder: of the pictures.
    """

    def __init__(self, browser: Browser, server: Inspector, folder: Path) -> None:
        self._browser, self._server, self._folder = browser, server, folder

    @contextmanager
    def at(self, path: str, scheme: str = "light", name: str = REVIEWERS[0]) -> Iterator[Page]:
        """A page."""
        context = self._browser.new_context(viewport=LAPTOP, color_scheme=scheme)
        page = context.new_page()
        page.goto(self._server.url(path, name))
        yield page
        context.close()

    def take(self, page: Page, name: str) -> None:
        """Save what a page shows, once its pictures are there, in few colours: a third of the bytes."""
        page.wait_for_load_state("networkidle")
        taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        taken.quantize(COLOURS).save(self._folder / f"{name}.png", optimize=True)


def main() -> None:
    """Take all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    path = browser_path()
    if path is None:
        parser.error("no Chromium; install it with `apt-get install chromium`")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        copy = Path(name) / "dataset"
        shutil.copytree(arguments.dataset, copy)
        server = Inspector(copy, Path(name), REVIEWERS).start()
        browser = launched(playwright, path)
        try:
            _take_all(Photographer(browser, server, arguments.folder))
        finally:
            browser.close()
            server.stop()


def _take_all(photographer: Photographer) -> None:
    with photographer.at("/grid?verdict=accepted") as page:
        page.wait_for_selector(".card[data-id]")
        first, second = (str(page.locator(".card[data-id]").nth(number).get_attribute("data-id")) for number in (0, 1))
    for scheme in ("light", "dark"):
        with photographer.at("/", scheme) as page:
            page.wait_for_selector(".funnel .step")
            photographer.take(page, f"overview-{scheme}")
        with photographer.at("/grid", scheme) as page:
            page.wait_for_selector(".card[data-id]")
            photographer.take(page, f"grid-{scheme}")
        with photographer.at(f"/s/{first}?k={FRAME}", scheme) as page:
            shown(page)
            photographer.take(page, f"review-{scheme}")
    with photographer.at("/grid?verdict=rejected") as page:
        page.locator(".card[data-id]").first.click()
        shown(page)
        photographer.take(page, "rejected-light")
    with photographer.at(f"/compare?a={first}&b={second}") as page:
        page.wait_for_selector(".compare-stage[data-shown]")
        photographer.take(page, "compare-light")
    with photographer.at(f"/s/{first}?k={FRAME}", "dark") as page:
        shown(page)
        page.keyboard.press("e")
        page.wait_for_selector(".fix-box")
        photographer.take(page, "box-dark")
    with photographer.at("/?dialog=help", "dark") as page:
        page.wait_for_selector(".help .keys dl")
        photographer.take(page, "keys-dark")
    for reviewer, keys in zip(REVIEWERS, ("a", "1x"), strict=True):
        with photographer.at(f"/s/{second}", name=reviewer) as page:
            shown(page)
            for key in keys:
                page.keyboard.press(key)
            saved(page)
    with photographer.at("/conflicts", "dark") as page:
        page.wait_for_selector(".narrow h1")
        photographer.take(page, "conflicts-dark")


if __name__ == "__main__":
    main()
