from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cointeract_shards import canonical_json, constants
from cointeract_shards.errors import RecordError, SampleKeyError, SchemaVersionError
from cointeract_shards.levels import missing_members, required_members
from cointeract_shards.members import check_key, check_member, latents_member, split_name
from cointeract_shards.records import Meta, Tracks
from tests.shards.samples import meta_of, tracks_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_the_numbers_of_a_window_fit_together() -> None:
    assert (constants.AUDIO_SAMPLES, constants.LATENT_FRAMES, constants.MOTION_LATENT_FRAMES) == (51_840, 21, 19)
    assert constants.latent_frames(constants.MOTION_FRAMES + constants.TARGET_FRAMES - 1) == 39
    with pytest.raises(ValueError, match="80 frames"):
        constants.latent_frames(80)


@given(JSON)
def test_canonical_json_reads_back_and_does_not_depend_on_key_order(value: object) -> None:
    data = canonical_json.encode(value)
    assert canonical_json.decode(data, where="test") == value
    assert data.endswith(b"\n")
    if isinstance(value, dict):
        assert canonical_json.encode(dict(reversed(value.items()))) == data


def test_canonical_json_has_one_form_for_zero_and_keeps_letters() -> None:
    assert canonical_json.encode({"b": -0.0, "a": "Tür"}) == '{"a":"Tür","b":0.0}\n'.encode()


@pytest.mark.parametrize("value", [math.nan, math.inf, {1: 2}, {"a": [0, {"b": math.nan}]}, object(), b"bytes"])
def test_what_has_no_canonical_form_is_refused_with_its_place(value: object) -> None:
    with pytest.raises(RecordError, match=r"^\$"):
        canonical_json.encode(value)


def test_records_read_back_to_the_same_bytes() -> None:
    for record in (meta_of("a", identity="p", scores={"s.a": 1, "s.b": True, "s.c": "x", "s.d": None}), tracks_of(73)):
        data = record.to_bytes()
        assert type(record).from_bytes(data, where="test") == record
        assert type(record).from_bytes(data, where="test").to_bytes() == data


def test_score_kinds_survive_a_round_trip() -> None:
    meta = Meta.from_bytes(meta_of("a", scores={"s.int": 1, "s.bool": True, "s.float": 1.0}).to_bytes(), where="test")
    assert {name: type(value) for name, value in meta.scores.items()} == {
        "s.int": int,
        "s.bool": bool,
        "s.float": float,
    }


@pytest.mark.parametrize("version", [2, "1", None])
def test_an_unknown_version_is_refused_by_name(version: object) -> None:
    content = json.loads(meta_of("a").to_bytes())
    content["version"] = version
    with pytest.raises(SchemaVersionError, match=r"clip/meta\.json"):
        Meta.from_bytes(json.dumps(content).encode(), where="clip/meta.json")


def test_an_unknown_field_is_refused_with_its_name_and_value() -> None:
    content = json.loads(meta_of("a").to_bytes()) | {"colour": "red"}
    with pytest.raises(RecordError, match=r"colour.*red"):
        Meta.from_bytes(json.dumps(content).encode(), where="meta.json")


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b'{"version": 1', b'{"version":1,"frames":NaN}'])
def test_bytes_that_are_no_record_are_refused(data: bytes) -> None:
    with pytest.raises(RecordError, match=r"tracks\.json"):
        Tracks.from_bytes(data, where="tracks.json")


def test_a_track_must_have_an_entry_for_every_frame() -> None:
    content = json.loads(tracks_of(73).to_bytes())
    content["face"].pop()
    with pytest.raises(RecordError, match="face has 80 entries for 81 frames"):
        Tracks.from_bytes(json.dumps(content).encode(), where="tracks.json")


def test_a_box_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValidationError):
        meta_of("a", scores={"s.a": math.nan})


def test_each_level_adds_members_to_the_one_before() -> None:
    clip, triplet = required_members("clip", has_motion=True), required_members("triplet", has_motion=True)
    assert clip == ("audio.wav", "meta.json", "motion.mp4", "rgb.mp4", "tracks.json")
    assert set(clip) < set(triplet)
    assert "motion.mp4" not in required_members("encoded", has_motion=False)
    caches = [latents_member("wan21"), "text.umt5.safetensors", "audio.wav2vec2.safetensors"]
    assert missing_members([*triplet, *caches], "encoded", has_motion=True) == ()
    assert missing_members(triplet, "encoded", has_motion=True)[0] == "latents.*.safetensors"


@pytest.mark.parametrize("key", ["a.b", "", "a/b", "-a", "a b", "ä", "x" * 129])
def test_keys_that_webdataset_would_cut_or_files_could_not_carry_are_refused(key: str) -> None:
    with pytest.raises(SampleKeyError):
        check_key(key)


@pytest.mark.parametrize("name", ["rgb", "RGB.mp4", "a/b.mp4", ".mp4", "rgb.", "x." + "y" * 120])
def test_member_names_that_would_not_survive_are_refused(name: str) -> None:
    with pytest.raises(SampleKeyError):
        check_member(name)


def test_names_are_cut_at_the_first_dot() -> None:
    assert split_name("clip-1.latents.wan.safetensors") == ("clip-1", "latents.wan.safetensors")
    assert split_name("a.b/clip.rgb.mp4") == ("a.b/clip", "rgb.mp4")
    with pytest.raises(SampleKeyError, match="README"):
        split_name("README")
