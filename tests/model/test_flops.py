"""Counted operations and parameters."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

from cointeract_model.config import wan_s2v_14b
from cointeract_model.flops import Workload, encode_flops, step_flops
from cointeract_model.grid import Grid
from cointeract_model.inputs import Conditions, NoisyLatents, Text
from cointeract_model.summary import build_on_meta, main, parameters_by_part
from cointeract_model.switches import Stage, Switches, paper, release
from tests.model.samples import FRAMES, HEIGHT, WIDTH, Case, random_inputs, random_model

PORTRAIT = Grid(frames=20, height=104, width=60)
"""832x480."""


def _sdpa(query: torch.Size, key: torch.Size, value: torch.Size, *_: object, **__: object) -> int:
    return sdpa_flop_count(query, key, value)


ON_CPU = {torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _sdpa}
"""PyTorch's counter knows the kernels of CUDA only."""


@pytest.mark.parametrize("switches", [paper(), release()])
@pytest.mark.parametrize("case", [Case(), Case(motion=False, product=False)])
@pytest.mark.parametrize("stage", [None, *Stage])
@torch.no_grad()
def test_the_formula_is_what_pytorch_counts(switches: Switches, case: Case, stage: Stage | None) -> None:
    model = random_model(switches)
    conditions, noisy = random_inputs(replace(case, hoi=stage is not None))
    if stage is not None:
        conditions = replace(conditions, hoi_text=conditions.text)
    work = Workload(
        Grid(FRAMES, HEIGHT, WIDTH), case.motion, case.product, stage, text_rows=conditions.text.rows.shape[1]
    )
    with FlopCounterMode(display=False) as encoding:
        context = model.encode(conditions)
    with FlopCounterMode(display=False, custom_mapping=ON_CPU) as step:
        model(noisy, context, stage=stage or Stage.ASYMMETRIC)
    assert encoding.get_total_flops() == sum(encode_flops(model.config, work).values())
    assert step.get_total_flops() == sum(step_flops(model.config, switches, work).values())


def _relative(switches: Switches, stage: Stage | None, *, experts: bool = True) -> float:
    config = wan_s2v_14b(expert_size=256 if experts else None)
    base = step_flops(wan_s2v_14b(expert_size=None), switches, Workload(PORTRAIT))
    return sum(step_flops(config, switches, Workload(PORTRAIT, hoi=stage)).values()) / sum(base.values())


def test_cost_relative_to_rgb_without_experts_at_832_by_480_with_motion() -> None:
    assert _relative(release(), None) == pytest.approx(1.022, rel=0.01)
    assert _relative(release(), Stage.JOINT) == pytest.approx(2.71, rel=0.01)
    assert _relative(paper(), Stage.ASYMMETRIC) == pytest.approx(2.25, rel=0.01)
    assert _relative(paper(), None) < _relative(release(), None)


def test_the_base_takes_two_petaflop_of_which_attention_is_54_percent() -> None:
    parts = step_flops(wan_s2v_14b(expert_size=None), release(), Workload(PORTRAIT))
    assert sum(parts.values()) == pytest.approx(2.03e15, rel=0.01)
    assert parts["self-attention, products"] / sum(parts.values()) == pytest.approx(0.54, abs=0.01)


def test_parameters_by_part_add_up() -> None:
    model = build_on_meta(wan_s2v_14b(), release())
    counted = parameters_by_part(model)
    assert sum(counted.values()) == sum(parameter.numel() for parameter in model.parameters())
    assert counted["HOI stream"] == 1_904_704
    assert counted["audio encoder"] == pytest.approx(95.1e6, rel=0.01)
    assert counted["router"] == pytest.approx(524.9e6, rel=0.01)
    assert counted["experts"] == pytest.approx(210.1e6, rel=0.01)


def test_the_summary_names_totals(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--preset", "release"])
    printed = capsys.readouterr().out
    assert "17,032,708,113 parameters" in printed
    assert "832x480" in printed
    assert "2.711" in printed


@pytest.mark.parametrize("stage", Stage)
@torch.no_grad()
def test_the_whole_model_at_832_by_480_runs_in_shapes_and_counts_the_same(stage: Stage) -> None:
    config = wan_s2v_14b()
    model = build_on_meta(config, release()).bfloat16()

    def shaped(*shape: int) -> torch.Tensor:
        return torch.empty(1, *shape, device="meta", dtype=torch.bfloat16)

    frame = (16, 1, PORTRAIT.height, PORTRAIT.width)
    clip = (16, PORTRAIT.frames, PORTRAIT.height, PORTRAIT.width)
    text = Text(shaped(512, 4096))
    conditions = Conditions(
        person=shaped(*frame),
        text=text,
        audio=shaped(25, 1024, 80),
        product=shaped(*frame),
        motion=shaped(16, 19, PORTRAIT.height, PORTRAIT.width),
        hoi_text=text,
    )
    context = model.encode(conditions)
    assert context.layout.length == 36_634
    with FlopCounterMode(display=False) as step:
        prediction = model(NoisyLatents(shaped(*clip), torch.tensor([500.0]), shaped(*clip)), context, stage=stage)
    assert prediction.velocity.shape == prediction.hoi_velocity.shape == (1, *clip)
    assert step.get_total_flops() == sum(step_flops(config, release(), Workload(PORTRAIT, hoi=stage)).values())
