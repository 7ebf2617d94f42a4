"""Frames: paused steps are exact, play is never more than one frame off, motion frames come before the target."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page

from cointeract_shards.constants import MOTION_FRAMES, TARGET_FRAMES
from tests.browser.barcode import READ_NUMBER, coded
from tests.browser.conftest import OpenPage, shown
from tests.browser.footage import clip_id

WITH_MOTION = clip_id(1)
STEPS, MANY_STEPS = 40, 500
LATE_SHARE = 0.02
"""Of the pictures looked at, how many may be late because other tests hold the processor; `make bench` allows none."""
STEP_THROUGH = """
async ([steps, first, last]) => {
  // A walk of single steps, leaps of ten and jumps to anywhere, always the same.
  let state = 7, frame = 0;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const wrong = [];
  for (let step = 0; step < steps; step++) {
    const kind = random();
    const anywhere = first + Math.floor(random() * (last - first + 1));
    let next = kind < 0.5 ? frame + 1 : kind < 0.7 ? frame - 1 : kind < 0.8 ? frame + 10 : anywhere;
    if (next < first || next > last || next === frame) next = frame === 40 ? 41 : 40;
    frame = next;
    await seekTo(frame);
    wrong.push({ asked: frame, ...shown() });
  }
  return wrong;
}
"""
WATCH = """
async (seconds) => {
  const seen = [];
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end) {
    seen.push(shown());
    await new Promise(requestAnimationFrame);
  }
  return seen;
}
"""

PAUSES = 4
"""A video that had gone on without a word was caught in one of five."""


def opened(open_page: OpenPage, sample: str, query: str = "") -> Page:
    page = open_page(f"/s/{sample}?l=-{query}")
    assert shown(page) == sample
    page.evaluate(READ_NUMBER)
    return page


def wrong_frames(page: Page, steps: int, first: int) -> list[dict[str, Any]]:
    """Steps after which a picture wasn't that of the frame."""
    seen = page.evaluate(STEP_THROUGH, [steps, first, TARGET_FRAMES - 1])
    assert len(seen) == steps
    return [
        item
        for item in seen
        if (item["asked"] >= 0 and not item["rgb"] == item["hoi"] == item["overlay"] == item["asked"])
        or (item["asked"] < 0 and not item["motion"] == item["overlay"] == coded(item["asked"]))
    ]


def offsets(seen: list[dict[str, Any]], name: str) -> list[int]:
    """How far a stream was from RGB; where the clip begins again, both are on their way and aren't compared."""
    found = [item[name] - item["rgb"] for item in seen]
    return [offset for offset in found if abs(offset) < TARGET_FRAMES // 2]


def test_every_paused_step_shows_its_frame_in_rgb_hoi_and_overlay(open_page: OpenPage) -> None:
    assert wrong_frames(opened(open_page, clip_id(2)), STEPS, 0) == []


def test_steps_through_motion_frames_and_across_the_seam_show_their_frames(open_page: OpenPage) -> None:
    assert wrong_frames(opened(open_page, WITH_MOTION), STEPS, -MOTION_FRAMES) == []


@pytest.mark.slow
def test_no_wrong_frame_in_500_paused_steps(open_page: OpenPage) -> None:
    assert wrong_frames(opened(open_page, WITH_MOTION), MANY_STEPS, -MOTION_FRAMES) == []


def test_play_is_at_most_a_frame_off_and_begins_again(open_page: OpenPage) -> None:
    page = opened(open_page, clip_id(2))
    page.keyboard.press("Space")
    seen = page.evaluate(WATCH, 4.5)
    page.keyboard.press("Space")

    for name in ("hoi", "overlay"):
        found = offsets(seen, name)
        assert sum(abs(offset) > 1 for offset in found) <= LATE_SHARE * len(found), found
    frames = [item["rgb"] for item in seen]
    assert len(set(frames)) > TARGET_FRAMES // 2
    assert any(later < earlier for earlier, later in pairwise(frames)), "it didn't begin again"


def test_pause_leaves_every_picture_on_one_frame(open_page: OpenPage) -> None:
    page = opened(open_page, clip_id(2))
    equal = "() => { const now = shown(); return [now.rgb, now.hoi, now.overlay].every((n) => n === now.frame); }"
    for _ in range(PAUSES):
        page.keyboard.press("Home")
        page.wait_for_function("() => shown().rgb === 0")
        page.keyboard.press("Space")
        page.wait_for_function("() => shown().rgb > 10")
        page.keyboard.press("Space")
        page.wait_for_selector(".play[aria-label=Play]")
        page.wait_for_function(equal)
        page.wait_for_timeout(300)
        assert page.evaluate(equal), "it went on after it had stopped"


def test_play_goes_from_motion_frames_into_the_target(open_page: OpenPage) -> None:
    page = opened(open_page, WITH_MOTION, "&k=-12")
    assert page.evaluate("() => shown()")["motion"] == coded(-12)
    page.keyboard.press("Space")
    page.wait_for_function("() => shown().frame > 8")
    page.keyboard.press("Space")
    assert page.locator(".panes.in-motion").count() == 0


def test_a_loop_stays_between_its_ends(open_page: OpenPage) -> None:
    page = opened(open_page, clip_id(2), "&k=20")
    page.keyboard.press("[")
    page.evaluate("() => seekTo(30)")
    page.keyboard.press("]")
    page.keyboard.press("Space")
    seen = page.evaluate(WATCH, 2)
    page.keyboard.press("Space")
    later = [item["frame"] for item in seen if item["frame"] != 30][1:]
    assert min(later) >= 20
    assert max(later) <= 30
    assert "loop=20,30" in page.url


def test_keys_step_and_the_url_says_the_frame(open_page: OpenPage) -> None:
    page = opened(open_page, clip_id(2))
    for key, frame in ((".", 1), (">", 11), (",", 10), ("ArrowRight", 11), ("End", 80), ("Home", 0)):
        page.keyboard.press(key)
        page.wait_for_function("frame => shown().frame === frame", arg=frame)
    page.keyboard.press("End")
    page.wait_for_url("**k=80**")


def test_sound_follows_the_frames_and_stops_with_them(open_page: OpenPage) -> None:
    page = opened(open_page, clip_id(2))
    page.add_init_script(
        "globalThis.sounds = []; const Plain = Audio;"
        " globalThis.Audio = class extends Plain { constructor(src) { super(src); sounds.push(this); } };"
    )
    page.reload()
    shown(page)
    page.evaluate(READ_NUMBER)
    page.keyboard.press("s")
    page.keyboard.press("Space")
    page.wait_for_function("() => shown().frame > 20 && !sounds.at(-1).paused")
    late = page.evaluate("() => sounds.at(-1).currentTime * 25 - shown().frame")
    assert abs(late) <= 4
    page.keyboard.press("Space")
    page.wait_for_function("() => sounds.at(-1).paused")
