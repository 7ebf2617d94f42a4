"""Attention without a mask is attention with the mask of Eq. 4."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from cointeract_model.attention import DualStreamAttention, Heads, put_back, sdpa, take
from cointeract_model.flex_attention import FlexDualStreamAttention
from cointeract_model.layout import Layout, Segment
from cointeract_model.switches import Stage
from cointeract_model.visibility import Presence, visibility
from tests.model.samples import Case, random_inputs, random_model

MOTION, PERSON, TARGET, PRODUCT, HOI = 5, 3, 6, 3, 6
LAYOUT = Layout.of(
    (Segment.MOTION, MOTION), (Segment.PERSON, PERSON), (Segment.TARGET, TARGET), (Segment.PRODUCT, PRODUCT)
)
flags = st.lists(st.tuples(*[st.booleans()] * 3), min_size=1, max_size=4)
BACKENDS: dict[str, DualStreamAttention] = {"sdpa": sdpa, "flex": FlexDualStreamAttention(compiled=False)}


def _heads(batch: int, length: int, generator: torch.Generator) -> Heads:
    return Heads(*torch.randn(3, batch, length, 2, 16, generator=generator, dtype=torch.float64))


def _dense(rgb: Heads, hoi: Heads, row: int, hoi_row: int, mask: Tensor) -> Tensor:
    query, key, value = (
        torch.cat((own[row], other[hoi_row]), dim=0).transpose(0, 1) for own, other in zip(rgb, hoi, strict=True)
    )
    scores = (query @ key.transpose(1, 2) / query.shape[-1] ** 0.5).masked_fill(~mask, -torch.inf)
    return (scores.softmax(-1) @ value).transpose(0, 1)


def _mask(motion: bool, product: bool, hoi: bool, stage: Stage, keys: str) -> Tensor:
    """Eq. 4 written out, for one sample: queries by keys over [motion, person, target, product, HOI]."""
    kinds = ["motion"] * MOTION + ["person"] * PERSON + ["target"] * TARGET + ["product"] * PRODUCT + ["hoi"] * HOI
    there = {"motion": motion, "person": True, "target": True, "product": product, "hoi": hoi}
    mask = torch.zeros(len(kinds), len(kinds), dtype=torch.bool)
    for row, query in enumerate(kinds):
        for column, key in enumerate(kinds):
            if stage is Stage.JOINT:
                seen = True
            elif query != "hoi":
                seen = key != "hoi"
            else:
                seen = keys == "eq4" or key in {"hoi", "target", "product"}
            mask[row, column] = seen and there[key]
    return mask


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
@pytest.mark.parametrize("backend", BACKENDS)
@settings(max_examples=20, deadline=None)
@given(batch=flags, stage=st.sampled_from(Stage), keys=st.sampled_from(["eq4", "release"]), seed=st.integers(0, 9))
def test_calls_without_a_mask_are_the_masked_one(
    backend: str, batch: list[tuple[bool, bool, bool]], stage: Stage, keys: str, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    motion, product, hoi_there = (tuple(flag) for flag in zip(*batch, strict=True))
    presence = Presence(motion, product, hoi_there)
    rgb, hoi = _heads(len(batch), LAYOUT.length, generator), _heads(sum(hoi_there), HOI, generator)
    groups = visibility(LAYOUT, HOI, presence, stage, keys)
    rgb_out, hoi_out = BACKENDS[backend](rgb, hoi if any(hoi_there) else None, groups)
    nothing = Heads(*(torch.zeros(1, HOI, 2, 16, dtype=torch.float64),) * 3)
    hoi_row = 0
    for row, parts in enumerate(batch):
        beside = hoi if parts[2] else nothing
        expected = _dense(rgb, beside, row, hoi_row if parts[2] else 0, _mask(*parts, stage, keys))
        own = torch.tensor([parts[0]] * MOTION + [True] * (PERSON + TARGET) + [parts[1]] * PRODUCT)
        torch.testing.assert_close(rgb_out[row][own], expected[: LAYOUT.length][own])
        assert not rgb_out[row][~own].any()
        if parts[2]:
            torch.testing.assert_close(hoi_out[hoi_row], expected[LAYOUT.length :])
            hoi_row += 1


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
@pytest.mark.parametrize("stage", Stage)
@torch.no_grad()  # FlexAttention has no backward pass on a CPU
def test_a_model_with_flex_attention_gives_what_the_default_gives(stage: Stage) -> None:
    model, other = random_model(), random_model()
    other.attention = BACKENDS["flex"]
    conditions, noisy = random_inputs(Case())
    expected = model(noisy, model.encode(conditions), stage=stage)
    prediction = other(noisy, other.encode(conditions), stage=stage)
    torch.testing.assert_close(prediction.velocity, expected.velocity, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(prediction.hoi_velocity, expected.hoi_velocity, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("keys", ["eq4", "release"])
def test_keys_of_a_whole_sample_are_slices_and_not_copies(keys: str) -> None:
    presence = Presence((True,), (True,), (True,))
    (group,) = visibility(LAYOUT, HOI, presence, Stage.ASYMMETRIC, keys)
    tokens = torch.randn(1, LAYOUT.length, 2, 4)
    assert len(group.hoi_sees) == len(group.rgb) == 1
    assert take(tokens, group.samples, group.hoi_sees).data_ptr() in {
        tokens.data_ptr(),
        tokens[:, MOTION + PERSON :].data_ptr(),
    }


lengths = st.lists(st.integers(0, 6), min_size=4, max_size=4)


@given(lengths, st.integers(0, 30), st.integers(0, 30))
def test_a_cut_layout_has_the_same_segment_at_every_token(sizes: list[int], start: int, stop: int) -> None:
    segments = (Segment.MOTION, Segment.PERSON, Segment.TARGET, Segment.PRODUCT)
    whole = Layout.of(*zip(segments, sizes, strict=True)).padded_to(30)
    start, stop = min(start, stop), max(start, stop)

    def places(layout: Layout) -> list[tuple[Segment, int]]:
        return [(span.segment, span.offset + i) for span in layout.spans for i in range(span.length)]

    assert places(whole.cut(start, stop)) == places(whole)[start:stop]
    assert whole.find(Segment.TARGET).length == sizes[2]


def test_what_was_taken_is_put_back_in_its_place() -> None:
    tokens = torch.randn(3, 7, 2)
    place = ((2, 0), ((1, 3), (5, 6)))
    back = put_back(tokens, [place], [take(tokens, *place)])
    for sample, kept in ((0, True), (1, False), (2, True)):
        for token in range(7):
            expected = tokens[sample, token] if kept and token in {1, 2, 5} else torch.zeros(2)
            assert torch.equal(back[sample, token], expected)
