"""Rules over decoded pixels: the videos' length, rate, size and time, and the two reference pictures."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cointeract_shards import members
from cointeract_shards.constants import FPS, MOTION_FRAMES, TARGET_FRAMES
from cointeract_shards.lint.motion_offset import estimate_offset
from cointeract_shards.lint.registry import Abstained, Finding, sample_rule
from cointeract_shards.lint.view import SampleView

Results = Iterator[Finding | Abstained]

VIDEO_FRAMES = {members.RGB: TARGET_FRAMES, members.HOI: TARGET_FRAMES, members.MOTION: MOTION_FRAMES}
TIME_TOLERANCE = 1e-3
"""Seconds by which a frame may lie off the 25 fps grid: containers round times, at worst to milliseconds."""

OFFSET_TOLERANCE = 1
"""Frames by which the HOI video may be off the RGB video."""

CONTINUITY_FRAMES = 12
"""Frames on each side of the join whose changes say what an ordinary change looks like in this clip."""

CUT_RATIO = 4.0
"""How many times the largest ordinary change the join must change by to look like a cut."""

CUT_LEVELS = 8.0
"""Grey levels of mean change below which nothing is taken for a cut."""

BLANK_DEVIATION = 3.0
"""Standard deviation in levels of 255 below which a picture shows nothing."""

PRODUCT_WHITE = 245
"""A product pixel with all channels at or above this is background."""

PRODUCT_MIN_SHARE = 0.002
"""Least share of the product picture that isn't background."""


@sample_rule("video-readable", "every video decodes to its last frame")
def video_readable(view: SampleView) -> Results:
    """Decode each video that is there."""
    for name in VIDEO_FRAMES:
        if view.has(name) and view.video(name) is None:
            yield Finding(view.problems[name], {"member": name})


@sample_rule("frame-count", f"rgb and hoi have {TARGET_FRAMES} frames, motion has {MOTION_FRAMES}")
def frame_count(view: SampleView) -> Results:
    """Count the frames that decode."""
    for name, wanted in VIDEO_FRAMES.items():
        video = view.video(name)
        if video is not None and video.frames != wanted:
            yield Finding(f"{name} has {video.frames} frames, not {wanted}", {"member": name, "frames": video.frames})


@sample_rule("frame-rate", f"every video is {FPS} frames per second, constant")
def frame_rate(view: SampleView) -> Results:
    """Check the stated rate and the time of every frame."""
    for name in VIDEO_FRAMES:
        video = view.video(name)
        if video is None:
            continue
        if video.rate != FPS:
            yield Finding(
                f"{name} has {float(video.rate):.4g} frames per second, not {FPS}", {"rate": float(video.rate)}
            )
            continue
        off = np.abs(video.times - video.times[0] - np.arange(video.frames) / FPS)
        if off.max() > TIME_TOLERANCE:
            frame = int(np.argmax(off > TIME_TOLERANCE))
            yield Finding(
                f"{name} isn't constant: frame {frame} is {off[frame] * 1000:.1f} ms off the {FPS} fps grid",
                {"member": name, "frame": frame, "seconds": float(off[frame])},
            )


@sample_rule("equal-size", "rgb, hoi and motion have the size that meta.json states")
def equal_size(view: SampleView) -> Results:
    """Compare the videos' sizes with the record's, or with each other where there is no record."""
    sizes = {name: (video.width, video.height) for name in VIDEO_FRAMES if (video := view.video(name)) is not None}
    meta = view.meta
    if meta is not None:
        wanted, source = (meta.width, meta.height), "meta.json"
    elif sizes:
        source, wanted = next(iter(sizes.items()))
    for name, size in sizes.items():
        if size != wanted:
            yield Finding(
                f"{name} has {size[0]}x{size[1]} pixels, {source} says {wanted[0]}x{wanted[1]}",
                {"member": name, "size": list(size)},
            )


@sample_rule(
    "hoi-offset", f"the HOI video shows the RGB video's movement at the same time, within {OFFSET_TOLERANCE} frame"
)
def hoi_offset(view: SampleView) -> Results:
    """Estimate the offset between the two streams from what moves in them."""
    rgb, hoi = view.video(members.RGB), view.video(members.HOI)
    if rgb is None or hoi is None or rgb.luma.shape[1:] != hoi.luma.shape[1:]:
        return
    estimate = estimate_offset(rgb.luma, hoi.luma, OFFSET_TOLERANCE)
    if estimate.frames is None:
        yield Abstained(str(estimate.reason))
    elif abs(estimate.frames) > OFFSET_TOLERANCE:
        direction = "ahead of" if estimate.frames > 0 else "behind"
        yield Finding(
            f"{members.HOI} runs {abs(estimate.frames)} frames {direction} {members.RGB} "
            f"(correlation {estimate.correlation:.2f}); at most {OFFSET_TOLERANCE} is allowed",
            {"frames": estimate.frames, "correlation": estimate.correlation},
        )


@sample_rule("motion-continuity", "the last motion frame leads into the first target frame without a cut")
def motion_continuity(view: SampleView) -> Results:
    """Compare the change over the join with the changes just before and after it."""
    motion, rgb = view.video(members.MOTION), view.video(members.RGB)
    if motion is None or rgb is None or motion.luma.shape[1:] != rgb.luma.shape[1:]:
        return
    before = motion.luma[-CONTINUITY_FRAMES:].astype(np.float64)
    after = rgb.luma[:CONTINUITY_FRAMES].astype(np.float64)
    ordinary = [np.abs(np.diff(part, axis=0)).mean(axis=(1, 2)) for part in (before, after) if len(part) > 1]
    largest = max((float(changes.max()) for changes in ordinary), default=0.0)
    join = float(np.abs(after[0] - before[-1]).mean())
    if join > max(CUT_LEVELS, CUT_RATIO * largest):
        yield Finding(
            f"from the last motion frame to the first target frame the picture changes by {join:.1f} levels, "
            f"its neighbours by {largest:.1f} at most: they aren't consecutive",
            {"join": join, "largest_neighbour": largest},
        )


@sample_rule("references", "person.png and product.png decode and aren't blank")
def references(view: SampleView) -> Results:
    """Check the two reference pictures where they are there; the level says whether they must be."""
    for name in (members.PERSON, members.PRODUCT):
        if not view.has(name):
            continue
        picture = view.image(name)
        if picture is None:
            yield Finding(view.problems[name], {"member": name})
            continue
        deviation = float(picture.std(axis=(0, 1)).max())
        if deviation < BLANK_DEVIATION:
            yield Finding(f"{name} is blank: its levels deviate by {deviation:.2f} of 255", {"deviation": deviation})
        elif name == members.PRODUCT:
            share = float((picture < PRODUCT_WHITE).any(axis=2).mean())
            if share < PRODUCT_MIN_SHARE:
                yield Finding(f"{name} is blank: {share:.3%} of it isn't white background", {"share": share})
