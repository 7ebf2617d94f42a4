"""A batch gives what its samples give alone, whatever each has."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cointeract_model.errors import InputError
from cointeract_model.inputs import Text
from cointeract_model.stacking import stack_conditions, stack_noisy
from cointeract_model.switches import Stage, paper, release
from tests.model.samples import Case, random_inputs, random_model

CLOSE = {"rtol": 1e-4, "atol": 2e-5}

cases = st.builds(
    Case,
    motion=st.booleans(),
    product=st.booleans(),
    pose=st.booleans(),
    hoi=st.booleans(),
    text_rows=st.integers(1, 6),
    timestep=st.sampled_from([0.0, 120.0, 899.0, 900.0, 1000.0]),
    scale=st.sampled_from([1.0, 0.7]),
)
MODELS = {"paper": random_model(paper()), "release": random_model(release())}


@settings(max_examples=12, deadline=None)
@given(st.lists(cases, min_size=2, max_size=4), st.sampled_from(Stage), st.sampled_from(sorted(MODELS)))
@torch.no_grad()
def test_batch_equals_singles(batch: list[Case], stage: Stage, preset: str) -> None:
    model = MODELS[preset]
    samples = [random_inputs(case, seed=seed) for seed, case in enumerate(batch)]
    conditions = stack_conditions([conditions for conditions, _ in samples])
    noisy = stack_noisy([noisy for _, noisy in samples])
    together = model(noisy, model.encode(conditions), stage=stage, router_logits=True)
    for row, (own_conditions, own_noisy) in enumerate(samples):
        alone = model(own_noisy, model.encode(own_conditions), stage=stage, router_logits=True)
        torch.testing.assert_close(together.velocity[row], alone.velocity[0], **CLOSE)
        for logits, own_logits in zip(together.router_logits, alone.router_logits, strict=True):
            torch.testing.assert_close(logits[row], own_logits[0], **CLOSE)
        if alone.hoi_velocity is not None:
            torch.testing.assert_close(together.hoi_velocity[row], alone.hoi_velocity[0], **CLOSE)
        elif together.hoi_velocity is not None:
            assert not together.hoi_velocity[row].any()


@torch.no_grad()
def test_rows_beyond_a_text_s_length_are_never_seen() -> None:
    model = MODELS["paper"]
    conditions, noisy = random_inputs(Case())
    expected = model(noisy, model.encode(conditions)).velocity
    rows = conditions.text.rows
    garbage = torch.cat((rows, torch.full_like(rows, 1e4)), dim=1)
    longer = replace(conditions, text=Text(garbage, (rows.shape[1],)))
    torch.testing.assert_close(model(noisy, model.encode(longer)).velocity, expected, **CLOSE)


@torch.no_grad()
def test_zero_rows_within_a_text_s_length_are_attended() -> None:
    model = MODELS["paper"]
    conditions, noisy = random_inputs(Case())
    rows = torch.nn.functional.pad(conditions.text.rows, (0, 0, 0, 4))
    padded = replace(conditions, text=Text(rows))
    expected = model(noisy, model.encode(conditions)).velocity
    assert (model(noisy, model.encode(padded)).velocity - expected).abs().max() > 1e-3


@torch.no_grad()
def test_rows_of_an_absent_part_are_never_seen() -> None:
    model = MODELS["paper"]
    conditions, noisy = random_inputs(Case())
    without = replace(conditions, motion=None, product=None, product_scale=None)
    expected = model(noisy, model.encode(without)).velocity
    garbage = replace(conditions, motion=conditions.motion * 100, product=conditions.product * 100)
    alone = replace(garbage, motion_present=(False,), product_present=(False,))
    torch.testing.assert_close(model(noisy, model.encode(alone)).velocity, expected, **CLOSE)
    beside = replace(
        stack_conditions([garbage, conditions]), motion_present=(False, True), product_present=(False, True)
    )
    together = model(stack_noisy([noisy, noisy]), model.encode(beside))
    torch.testing.assert_close(together.velocity[:1], expected, **CLOSE)


@torch.no_grad()
def test_zeros_are_no_pose() -> None:
    model = MODELS["paper"]
    conditions, noisy = random_inputs(Case(pose=False))
    zeros = replace(conditions, pose=torch.zeros_like(noisy.target))
    torch.testing.assert_close(
        model(noisy, model.encode(zeros)).velocity, model(noisy, model.encode(conditions)).velocity, **CLOSE
    )


def test_samples_of_different_sizes_are_refused() -> None:
    small, large = random_inputs(Case())[0], random_inputs(Case(height=16))[0]
    with pytest.raises(InputError, match="person has different sizes"):
        stack_conditions([small, large])
    with pytest.raises(InputError, match="no samples"):
        stack_conditions([])
