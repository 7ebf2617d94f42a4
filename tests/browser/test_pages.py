"""What holds for every page: text stays text, nothing comes from elsewhere, colours and motion follow the person's settings."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LAPTOP, OpenPage, shown
from tests.browser.footage import HOSTILE, UNEVEN, WITHOUT_HOI, clip_id

SCREENS = {
    "/": ".funnel .step",
    "/grid": ".card[data-id]",
    "/s/clip-000": ".stage-slot[data-shown]",
    "/compare?a=clip-000&b=clip-001": ".compare-stage[data-shown]",
    "/conflicts": ".narrow h1",
    "/?dialog=help": ".help .keys dl",
    "/?dialog=export": ".export .outcome dl",
}
CONTRAST = """
() => {
  // Contrast of every text against the first opaque background behind it (WCAG 2.2, 1.4.3).
  const scratch = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const channels = (colour) => {
    scratch.clearRect(0, 0, 1, 1);
    scratch.fillStyle = colour;
    scratch.fillRect(0, 0, 1, 1);
    return scratch.getImageData(0, 0, 1, 1).data;
  };
  const luminance = ([r, g, b]) => {
    const linear = [r, g, b].map((value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const behind = (element) => {
    for (let node = element; node; node = node.parentElement) {
      const colour = channels(getComputedStyle(node).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return channels("white");
  };
  const poor = [];
  for (const element of document.querySelectorAll("main *, header *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility({ opacityProperty: true }) || element.closest("[disabled], .coming, .absent")) continue;
    const [a, b] = [luminance(channels(getComputedStyle(element).color)), luminance(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${element.tagName}.${element.className} "${element.textContent.trim().slice(0, 30)}" ${ratio.toFixed(2)}`);
  }
  return [...new Set(poor)];
}
"""


def test_every_screen_shows_itself_fits_a_laptop_and_asks_no_other_host(open_page: OpenPage) -> None:
    page = open_page()
    base = page.url.rstrip("/")
    for path, selector in SCREENS.items():
        page.goto(base + path)
        page.wait_for_selector(selector)
        width, height = page.evaluate(
            "() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        )
        assert width <= LAPTOP["width"], path
        assert height <= LAPTOP["height"], path


def test_html_in_a_prompt_is_shown_as_text(open_page: OpenPage) -> None:
    page = open_page(f"/s/{clip_id(0)}")
    shown(page)
    assert HOSTILE in page.locator(".why .prompt").first.inner_text()
    assert page.evaluate("() => window.pwned") is None
    assert page.locator(".why img").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system_and_every_text_can_be_read(open_page: OpenPage, scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    base = page.url.rstrip("/")
    for path, selector in list(SCREENS.items())[:3]:
        page.goto(base + path)
        page.wait_for_selector(selector)
        background = page.evaluate("() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        assert (sum(background) < 3 * 128) == (scheme == "dark")
        assert page.evaluate(CONTRAST) == [], path


def sources_shown(page: Page) -> list[bool]:
    """Over 1.4 s, whether the sources lay over the references."""
    return [bool(page.wait_for_timeout(100)) or page.locator(".still .source").first.is_visible() for _ in range(14)]


@pytest.mark.parametrize(("motion", "changes"), [("no-preference", True), ("reduce", False)])
def test_references_flicker_while_f_is_held_unless_less_motion_is_wished(
    open_page: OpenPage, motion: str, *, changes: bool
) -> None:
    page = open_page(f"/s/{clip_id(1)}", reduced_motion=motion)
    shown(page)
    assert not page.locator(".still .source").first.is_visible()
    page.keyboard.down("f")
    seen = sources_shown(page)
    page.keyboard.up("f")
    assert any(seen)
    assert (not all(seen)) == changes
    assert not page.locator(".still .source").first.is_visible()


def test_keys_are_remapped_switched_off_and_found(open_page: OpenPage) -> None:
    page = open_page(f"/s/{clip_id(2)}")
    shown(page)
    page.keyboard.press("?")
    page.locator(".help input[type=search]").fill("next sample of")
    expect(page.locator(".help .key")).to_have_count(1)
    page.locator(".help .key").click()
    page.keyboard.press("q")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert shown(page) == clip_id(2)
    page.keyboard.press("q")
    page.wait_for_url(lambda url: clip_id(2) not in url)
    shown(page)
    page.keyboard.press("?")
    page.locator(".help .switch input").uncheck()
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "dialog" not in url)
    url = page.url
    page.keyboard.press("q")
    page.wait_for_timeout(300)
    assert page.url == url


def test_keys_do_nothing_while_one_writes(open_page: OpenPage) -> None:
    page = open_page(f"/s/{clip_id(2)}")
    shown(page)
    page.keyboard.press("n")
    page.keyboard.type("ax 1")
    expect(page.locator(".decision textarea")).to_have_value("ax 1")
    assert shown(page) == clip_id(2)
    page.keyboard.press("Escape")
    page.keyboard.press("End")
    page.wait_for_function("() => document.querySelector('.controls .frame').textContent === '80'")


def test_export_previews_each_policy_and_writes(open_page: OpenPage) -> None:
    page = open_page("/?dialog=export")
    page.wait_for_selector(".export .outcome dl")
    page.get_by_label("Majority").check()
    expect(page.locator(".export pre")).to_contain_text("majority")
    page.get_by_role("button", name="Write").click()
    expect(page.locator(".export .good")).to_contain_text("parquet")


def test_the_funnel_leads_to_what_was_lost(open_page: OpenPage) -> None:
    page = open_page()
    page.locator(".funnel .step.rule a").first.click()
    page.wait_for_selector(".card[data-id]")
    expect(page.locator(".grid-bar .count")).to_contain_text("3 of 27")
    assert (
        json.loads(
            page.evaluate(
                "() => JSON.stringify([...document.querySelectorAll('.card')].map((card) => card.dataset.letter))"
            )
        )
        == ["R"] * 3
    )


def test_a_video_that_is_not_of_constant_rate_says_so(open_page: OpenPage) -> None:
    page = open_page(f"/s/{clip_id(UNEVEN)}")
    shown(page)
    expect(page.locator("[data-pane=rgb] .badge")).to_have_text("not CFR")
    assert page.locator("[data-pane=hoi] .badge").count() == 0


def test_a_missing_video_is_named_and_can_be_given_as_the_reason(open_page: OpenPage) -> None:
    page = open_page(f"/s/{clip_id(WITHOUT_HOI)}")
    shown(page)
    expect(page.locator("[data-pane=hoi] .absent")).to_contain_text("hoi.mp4")
    expect(page.locator("[data-reason=artifact_missing]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("End")
    expect(page.locator(".controls .frame")).to_have_text("80")


def test_an_unknown_sample_and_a_broken_link_are_explained(open_page: OpenPage) -> None:
    page = open_page("/s/no-such-clip")
    expect(page.locator(".stage-slot .empty")).to_contain_text("no-such-clip")
    page.goto(page.url.replace("/s/no-such-clip", "/grid?f=abc!"))
    expect(page.locator(".toast.bad")).to_contain_text("filter")
