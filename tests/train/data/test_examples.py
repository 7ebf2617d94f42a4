"""Examples: what they hold, how often conditions are dropped, and that caches and encoding on the fly agree."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.train.data.samples import PROMPT, TALL, WIDE, Kind, config_of, pack, sample_of
from torch import Tensor

from cointeract_model.codecs.hashed_text import HashedTextCodec
from cointeract_model.codecs.log_mel import LogMelCodec
from cointeract_model.config import tiny
from cointeract_model.inputs import check_conditions
from cointeract_model.stacking import stack_conditions
from cointeract_model.switches import HOI_PROMPT_TEMPLATE
from cointeract_train.data.codecs import caches_wanted
from cointeract_train.data.config import DataConfig, Dropouts
from cointeract_train.data.draws import choose
from cointeract_train.data.examples import ExampleMaker
from cointeract_train.data.plan import Draw
from cointeract_train.data.stream import training_source
from cointeract_train.example import Example

NOTHING = {"text": 0, "audio": 0, "motion": 0, "pose": 0}
EVERYTHING = {"text": 1, "audio": 1, "motion": 1, "pose": 1}


def maker_of(config: DataConfig) -> tuple[ExampleMaker, dict[str, int]]:
    """A maker, and the number of each sample by key."""
    source, _ = training_source(config, caches_wanted(config))
    return ExampleMaker(source), {entry.key: number for number, entry in enumerate(source.catalogue.entries)}


def example_of(config: DataConfig, key: str, position: int = 0) -> Example:
    maker, numbers = maker_of(config)
    return maker.make(Draw(numbers[key], 0, position))


def tensors_of(example: Example) -> dict[str, Tensor | None]:
    conditions = example.conditions
    return {
        "target": example.target,
        "hoi": example.hoi,
        "labels": example.labels,
        "person": conditions.person,
        "product": conditions.product,
        "motion": conditions.motion,
        "pose": conditions.pose,
        "audio": conditions.audio,
        "text": conditions.text.rows,
        "hoi_text": None if conditions.hoi_text is None else conditions.hoi_text.rows,
    }


def test_an_example_has_what_the_model_takes(dataset: Path) -> None:
    example = example_of(config_of(dataset, dropouts=NOTHING), "wide-5")
    rows, columns = WIDE.cells
    assert example.key == "wide-5"
    assert example.target.shape == (16, 20, rows, columns)
    assert example.hoi is not None
    assert example.hoi.shape == example.target.shape
    assert example.conditions.motion is not None
    assert example.conditions.motion.shape == (1, 16, 19, rows, columns)
    assert example.conditions.audio.shape == (1, 2, 8, 80)
    assert example.conditions.product_scale == (0.5,)
    assert all(part is None or part.dtype in (torch.float32, torch.int64) for part in tensors_of(example).values())
    model = tiny().model_copy(update={"text_size": 16, "audio_states": 2, "audio_size": 8})
    check_conditions(example.conditions, model)
    other = example_of(config_of(dataset, dropouts=EVERYTHING), "wide-0")
    check_conditions(stack_conditions([example.conditions, other.conditions]), model)


def test_labels_mark_face_and_hand_where_the_boxes_are(dataset: Path) -> None:
    labels = example_of(config_of(dataset), "tall-0").labels.reshape(20, TALL.height // 16, TALL.width // 16)
    assert (labels[:, 0, 0] == 2).all()
    assert (labels[:, -1, -1] == 1).all()
    assert labels.count_nonzero() == 40
    wider = example_of(config_of(dataset, box_ends="inclusive"), "tall-0").labels
    assert wider.count_nonzero() > 40


def test_a_first_clip_has_no_motion_and_a_draw_may_drop_it(dataset: Path) -> None:
    kept, dropped = config_of(dataset, dropouts=NOTHING), config_of(dataset, dropouts={**NOTHING, "motion": 1})
    assert example_of(kept, "wide-0").conditions.motion is None
    assert example_of(kept, "wide-4").conditions.motion is not None
    without = example_of(dropped, "wide-4")
    assert without.conditions.motion is None
    # The same video encoded after the person's picture: that of the first clip, which shows the same.
    assert torch.equal(without.target, example_of(kept, "wide-0").target)
    assert not torch.equal(without.target, example_of(kept, "wide-4").target)


def test_dropped_text_is_the_empty_prompt_and_dropped_sound_is_zero(dataset: Path) -> None:
    codec = HashedTextCodec(16)
    for form, said in (
        ("template", HOI_PROMPT_TEMPLATE),
        ("template_and_prompt", HOI_PROMPT_TEMPLATE + PROMPT),
    ):
        full = example_of(config_of(dataset, dropouts=NOTHING, hoi_prompt=form), "wide-5").conditions
        bare = example_of(config_of(dataset, dropouts=EVERYTHING, hoi_prompt=form), "wide-5").conditions
        assert full.hoi_text is not None
        assert bare.hoi_text is not None
        for rows, text in (
            (full.text.rows, PROMPT),
            (full.hoi_text.rows, said),
            (bare.text.rows, ""),
            (bare.hoi_text.rows, HOI_PROMPT_TEMPLATE),
        ):
            torch.testing.assert_close(rows[0], codec.encode(text), rtol=1e-3, atol=2e-3)
        assert full.audio.abs().max() > 0
        assert bare.audio.count_nonzero() == 0


def test_without_hoi_there_is_neither_its_prompt_nor_its_latents(dataset: Path) -> None:
    example = example_of(config_of(dataset, hoi=False), "wide-5")
    assert example.hoi is None
    assert example.conditions.hoi_text is None


def test_sound_belongs_to_the_frames_of_the_target(dataset: Path) -> None:
    config = config_of(dataset, dropouts=NOTHING, on_the_fly="always")
    with_motion = example_of(config, "wide-5").conditions.audio
    without = example_of(
        config_of(dataset, dropouts={**NOTHING, "motion": 1}, on_the_fly="always"), "wide-5"
    ).conditions.audio
    assert torch.equal(with_motion[..., 1:], without[..., :-1])


def test_dropouts_come_as_often_as_stated_and_independently() -> None:
    draws = [choose(3, Draw(0, epoch, position), Dropouts()) for epoch in range(4) for position in range(1000)]
    for name, wanted in (("text", 0.1), ("audio", 0.1), ("motion", 0.4), ("pose", 0.5)):
        share = sum(getattr(one, name) for one in draws) / len(draws)
        assert abs(share - wanted) < 5 * (wanted * (1 - wanted) / len(draws)) ** 0.5
    both = sum(one.motion and one.pose for one in draws) / len(draws)
    assert abs(both - 0.2) < 0.03
    assert len({one.seed for one in draws}) == len(draws)
    assert 0 <= min(one.seed for one in draws) <= max(one.seed for one in draws) < 2**63


def test_a_draw_depends_on_seed_epoch_and_position_alone() -> None:
    place, dropouts = Draw(5, 2, 17), Dropouts()
    assert choose(1, place, dropouts) == choose(1, replace(place, sample=9), dropouts)
    others = [(2, place), (1, replace(place, epoch=3)), (1, replace(place, position=18))]
    assert all(choose(seed, draw, dropouts).seed != choose(1, place, dropouts).seed for seed, draw in others)


@pytest.mark.parametrize(
    ("dtype", "phase"),
    [("float16", "aligned"), ("bfloat16", "aligned"), ("float32", "aligned"), ("float32", "release")],
)
def test_caches_equal_encoding_on_the_fly_within_what_they_are_stored_in(
    tmp_path: Path, dtype: str, phase: str
) -> None:
    kind = Kind(pose=True, dtype=dtype, hoi_phase=phase)  # type: ignore[arg-type]
    root = pack(tmp_path, [sample_of("one", kind)])
    for dropouts in (NOTHING, {**NOTHING, "motion": 1}, EVERYTHING):
        settings = {"dropouts": dropouts, "pose": True, "hoi_phase": phase}
        cached = tensors_of(example_of(config_of(root, on_the_fly="never", **settings), "one"))
        encoded = tensors_of(example_of(config_of(root, on_the_fly="always", **settings), "one"))
        relative = {"float16": 2.0**-11, "bfloat16": 2.0**-8, "float32": 0}[dtype]
        for name, part in cached.items():
            if part is None:
                assert encoded[name] is None, name
            else:
                torch.testing.assert_close(
                    part, encoded[name], rtol=relative, atol=1e-6, msg=lambda text, n=name: f"{n}: {text}"
                )


def test_pose_is_there_where_it_is_wanted_and_not_dropped(tmp_path: Path) -> None:
    root = pack(tmp_path, [sample_of("one", Kind(pose=True))])
    for wanted, dropped, there in ((True, 0, True), (True, 1, False), (False, 0, False)):
        config = config_of(root, pose=wanted, dropouts={**NOTHING, "pose": dropped})
        assert (example_of(config, "one").conditions.pose is not None) == there


def test_samples_without_caches_are_encoded_which_is_said_and_counted(
    uncached: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        maker, numbers = maker_of(config_of(uncached))
    assert "latents of 3 of 3 samples aren't cached" in caplog.text
    maker.make(Draw(numbers["plain-0"], 0, 0))
    assert maker.encoded == Counter(latents=1, text=1, audio=1)


def test_one_unfit_cache_is_encoded_alone_which_is_said_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = pack(tmp_path, [sample_of("one", Kind(loudness=None))])
    maker, _ = maker_of(config_of(root))
    with caplog.at_level(logging.WARNING):
        example = maker.make(Draw(0, 0, 0))
    assert maker.encoded == Counter(audio=1)
    assert "of sound brought to None LUFS, training wants -23.0" in caplog.text
    fresh = example_of(config_of(root, on_the_fly="always"), "one")
    torch.testing.assert_close(example.conditions.audio, fresh.conditions.audio)


def test_stated_caches_need_no_codec(dataset: Path) -> None:
    text, audio = HashedTextCodec(16), LogMelCodec(2, 8)
    missing = {
        "latents": {"name": "wan-vae", "path": "nowhere"},
        "text": {"name": "umt5", "encoder": "nowhere", "tokenizer": "nowhere"},
    }
    stated = {
        "latents": {"name": "block-dct", "key": "block-dct-1"},
        "text": {"name": text.name, "key": text.key},
        "audio": {"name": audio.name, "key": audio.key},
    }
    config = config_of(dataset, codecs=missing, caches=stated, on_the_fly="never")
    assert example_of(config, "wide-5").target.shape[0] == 16
