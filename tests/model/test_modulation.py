"""Modulation by few vectors is modulation by a table with a row for every token."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from cointeract_model.modulation import Modulation, Run, modulated_norm

SIZE, EPS = 6, 1e-6
SHIFT, SCALE, GATE = 3, 1, 2


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=4), st.integers(1, 3), st.integers(0, 99)
)
def test_runs_of_vectors_are_rows_of_a_table(runs: list[tuple[int, bool]], batch: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    stops = [sum(length for length, _ in runs[: index + 1]) for index in range(len(runs))]
    placed = tuple(Run(stop - length, stop, noisy) for (length, noisy), stop in zip(runs, stops, strict=True))
    modulation = Modulation(normal(batch, 6, SIZE), normal(1, 6, SIZE), placed)
    tokens, update = normal(batch, stops[-1], SIZE), normal(batch, stops[-1], SIZE)
    rows = torch.cat(
        [
            (modulation.noisy if noisy else modulation.clean.expand(batch, -1, -1))[:, None].expand(-1, length, -1, -1)
            for length, noisy in runs
        ],
        dim=1,
    )
    normed = functional.layer_norm(tokens, (SIZE,), eps=EPS)
    torch.testing.assert_close(
        modulation.norm(tokens, SHIFT, SCALE, EPS), normed * (1 + rows[:, :, SCALE]) + rows[:, :, SHIFT]
    )
    torch.testing.assert_close(modulation.add_gated(tokens, update, GATE), tokens + rows[:, :, GATE] * update)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_vector_for_all_samples_and_one_for_each_give_the_same_values_and_gradients(dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(0)
    tokens, shift, scale = (
        torch.randn(shape, generator=generator).to(dtype) for shape in ((3, 5, SIZE), (1, SIZE), (1, SIZE))
    )
    results = []
    for samples in (1, 3):
        own = [part.clone().requires_grad_() for part in (tokens, shift, scale)]
        normed = modulated_norm(own[0], own[1].expand(samples, -1), own[2].expand(samples, -1), EPS)
        normed.square().sum().backward()
        results.append([normed, *(part.grad for part in own)])
    tolerance = 1e-5 if dtype is torch.float32 else 5e-2
    for shared, separate in zip(*results, strict=True):
        torch.testing.assert_close(shared, separate, rtol=tolerance, atol=tolerance)
