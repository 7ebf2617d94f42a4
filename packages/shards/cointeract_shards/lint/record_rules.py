"""Rules over a sample's records and members: what is there, and whether it parses and adds up."""

from __future__ import annotations

from collections.abc import Iterator

from cointeract_shards import members
from cointeract_shards.constants import (
    AUDIO_SAMPLE_BYTES,
    AUDIO_SAMPLES,
    FPS,
    MOTION_FRAMES,
    SAMPLE_RATE,
    TARGET_FRAMES,
)
from cointeract_shards.levels import missing_members, reaches
from cointeract_shards.lint.registry import Abstained, Finding, sample_rule
from cointeract_shards.lint.view import SampleView

Results = Iterator[Finding | Abstained]


@sample_rule("meta-record", "meta.json is there, valid, of a known version, and its id is the sample's key")
def meta_record(view: SampleView) -> Results:
    """Check the sample's own record."""
    if not view.has(members.META):
        yield Finding("has no meta.json, so nothing else about it can be checked against what it states")
        return
    meta = view.meta
    if meta is None:
        yield Finding(view.problems[members.META])
        return
    if meta.id != view.sample.key:
        yield Finding(f"meta.json has the id {meta.id!r}", {"id": meta.id})
    if meta.frames != TARGET_FRAMES:
        yield Finding(f"meta.json states {meta.frames} frames, not {TARGET_FRAMES}", {"frames": meta.frames})
    if meta.motion_frames not in (0, MOTION_FRAMES):
        yield Finding(
            f"meta.json states {meta.motion_frames} motion frames, not {MOTION_FRAMES} or 0",
            {"motion_frames": meta.motion_frames},
        )
    if meta.fps != FPS:
        yield Finding(f"meta.json states {meta.fps} frames per second, not {FPS}", {"fps": meta.fps})


@sample_rule("level-members", "every member that the stated level requires is there")
def level_members(view: SampleView) -> Results:
    """Check the members against the level, and a motion video against the stated motion frames."""
    meta = view.meta
    if meta is None:
        return
    missing = missing_members(view.sample.members.keys(), meta.level, meta.motion_frames > 0)
    if missing:
        yield Finding(f"states level {meta.level!r} but lacks {', '.join(missing)}", {"missing": list(missing)})
    if meta.motion_frames == 0 and view.has(members.MOTION):
        yield Finding(f"states no motion frames but has {members.MOTION}")
    if reaches(meta.level, "triplet"):
        if not meta.prompt:
            yield Finding(f"states level {meta.level!r} but has no prompt")
        if not meta.verdicts:
            yield Finding(f"states level {meta.level!r} but has no verdicts")


@sample_rule("audio-format", f"audio.wav is {SAMPLE_RATE} Hz, mono, 16 bit, {AUDIO_SAMPLES} samples long")
def audio_format(view: SampleView) -> Results:
    """Check the sound's format and length."""
    if not view.has(members.AUDIO):
        return
    audio = view.audio
    if audio is None:
        yield Finding(view.problems[members.AUDIO])
        return
    for what, found, wanted in (
        ("samples per second", audio.sample_rate, SAMPLE_RATE),
        ("channels", audio.channels, 1),
        ("bytes a sample", audio.sample_bytes, AUDIO_SAMPLE_BYTES),
        ("samples", audio.samples, AUDIO_SAMPLES),
    ):
        if found != wanted:
            yield Finding(f"{members.AUDIO} has {found} {what}, not {wanted}", {"found": found, "wanted": wanted})


@sample_rule("motion-before-target", "motion lies directly before the target, and both within one shot")
def motion_before_target(view: SampleView) -> Results:
    """Check the stated frame numbers: motion, target and shot on the source's 25 fps timeline."""
    meta = view.meta
    if meta is None:
        return
    start, end = meta.first_frame - meta.motion_frames, meta.first_frame + meta.frames
    values = {"start": start, "end": end, "shot_first": meta.shot.first, "shot_end": meta.shot.end}
    if start < meta.shot.first:
        what = "motion" if meta.motion_frames else "target"
        yield Finding(f"{what} starts at frame {start}, before its shot at {meta.shot.first}", values)
    if end > meta.shot.end:
        yield Finding(f"target ends before frame {end}, after its shot's end at {meta.shot.end}", values)


@sample_rule("member-hash", "every member is what the index and the manifest say: digest, size and offset")
def member_hash(view: SampleView) -> Results:
    """Check the content that was read against both records of it."""
    for entry in view.entries:
        found = view.digests[entry.name]
        if found != entry.sha256:
            yield Finding(
                f"{entry.name} has SHA-256 {found}, its index says {entry.sha256}",
                {"found": found, "wanted": entry.sha256},
            )
    if view.row is None or not view.row.members:
        return
    stored = {entry.name: entry for entry in view.entries}
    for member in view.row.members:
        entry_here = stored.get(member.name)
        if entry_here is None:
            continue  # the rule over manifest rows names missing members
        found = view.digests[member.name]
        if found != member.sha256:
            yield Finding(
                f"{member.name} has SHA-256 {found}, the manifest says {member.sha256}",
                {"found": found, "wanted": member.sha256},
            )
        if (entry_here.offset, entry_here.size) != (member.offset, member.size):
            yield Finding(
                f"{member.name} is {entry_here.size} bytes at {entry_here.offset}, "
                f"the manifest says {member.size} at {member.offset}"
            )
