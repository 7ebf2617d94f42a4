"""What a reviewer waits for in the inspector's pages, and whether frames are right, in the system's Chromium on this machine.

Clips are of 480x832 with their frame numbers in the picture; the grid is over 100,000 rows. Times mean something only where
nothing else runs.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from cointeract_shards.constants import MOTION_FRAMES, TARGET_FRAMES
from tests.browser.barcode import READ_NUMBER, coded
from tests.browser.conftest import LAPTOP, browser_path, launched, shown
from tests.browser.footage import clip_id, write_footage
from tests.browser.inspector import Inspector
from tests.browser.test_grid import FIRST_CARD, big_sample
from tests.browser.test_player import STEP_THROUGH, WATCH, offsets
from tests.browser.test_review import TIME_NEXT
from tests.inspector.big import write_big

SIZE = (480, 832)
ROWS = 100_000
STEPS, OPENED, RELOADS, PLAY_S = 500, 20, 7, 20
SETTLE_MS = 1200
SCROLL = """
async () => {
  const list = document.querySelector(".virtual");
  const times = [];
  for (let step = 1; step <= 60; step++) {
    const start = performance.now();
    list.scrollTop = (list.scrollHeight * step) / 61;
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    times.push(performance.now() - start);
  }
  return times;
}
"""


def p95(values: list[float]) -> float:
    """The value that 95 % don't exceed."""
    return statistics.quantiles(values, n=20)[-1]


@contextmanager
def _page(browser: Browser, server: Inspector, path: str) -> Iterator[Page]:
    context = browser.new_context(viewport=LAPTOP)
    page = context.new_page()
    page.goto(server.url(path, "ann"))
    page.wait_for_selector("main")
    yield page
    context.close()


def _grid(browser: Browser, folder: Path) -> Iterator[str]:
    server = Inspector(write_big(folder / "big", ROWS, big_sample()).root, folder, ["ann"]).start()
    try:
        with _page(browser, server, "/grid") as page:
            times = []
            for _ in range(RELOADS):
                page.reload()
                page.wait_for_selector(".card[data-id]")
                times.append(float(page.evaluate(FIRST_CARD)))
            elements = page.locator(".virtual *").count()
            scrolled = page.evaluate(SCROLL)
            heap = page.evaluate("() => performance.memory.usedJSHeapSize") / 1e6
        yield f"first card of {ROWS:,} rows: {statistics.median(times):.0f} ms median of {RELOADS} (limit 700)"
        yield f"elements of the list: {elements} (limit 150), heap {heap:.1f} MB (limit 30)"
        yield f"a leap of scrolling: {p95(scrolled):.0f} ms p95"
    finally:
        server.stop()


def _review(browser: Browser, folder: Path) -> Iterator[str]:
    server = Inspector(write_footage(folder / "clips", size=SIZE).root, folder, ["ann"]).start()
    try:
        with _page(browser, server, f"/s/{clip_id(1)}?l=-") as page:
            shown(page)
            page.evaluate(READ_NUMBER)
            start = page.evaluate("() => performance.now()")
            seen = page.evaluate(STEP_THROUGH, [STEPS, -MOTION_FRAMES, TARGET_FRAMES - 1])
            spent = (page.evaluate("() => performance.now()") - start) / STEPS
            wrong = sum(
                not (item["rgb"] == item["hoi"] == item["overlay"] == item["asked"])
                if item["asked"] >= 0
                else not item["motion"] == item["overlay"] == coded(item["asked"])
                for item in seen
            )
            yield f"paused steps: {wrong} of {STEPS} wrong (limit 0), {spent:.0f} ms a step (limit 100)"
            page.keyboard.press("Home")
            page.keyboard.press("Space")
            played = page.evaluate(WATCH, PLAY_S)
            page.keyboard.press("Space")
            for name in ("hoi", "overlay"):
                found = [abs(offset) for offset in offsets(played, name)]
                share = 100 * sum(offset > 0 for offset in found) / len(found)
                yield f"play, {name} from RGB: {max(found)} frames at most (limit 1), {share:.1f} % of {len(found)} not equal"
        with _page(browser, server, f"/s/{clip_id(0)}") as page:
            shown(page)
            times = []
            for _ in range(OPENED):
                page.wait_for_timeout(SETTLE_MS)
                times.append(page.evaluate(TIME_NEXT))
            yield f"key to next sample's pictures: {statistics.median(times):.0f} ms median, {p95(times):.0f} ms p95 (limit 150)"
    finally:
        server.stop()


def run(folder: Path) -> Iterator[str]:
    """Lines of figures."""
    path = browser_path()
    if path is None:
        yield "no Chromium; install it with `apt-get install chromium`"
        return
    with sync_playwright() as playwright, tempfile.TemporaryDirectory(dir=folder) as place:
        browser = launched(playwright, path)
        yield from _review(browser, Path(place))
        yield from _grid(browser, Path(place))
        browser.close()
