"""A block and a step of the transformer, forward and backward, beside a plain reading of the released design.

The reading is `tests.model.plain`: with a dense mask, and as the released module trains, without any. Times are CPU seconds
of one thread; ratios are medians of rounds in which all take turns. What is counted as operations are products of matrices,
which nobody can leave out: where all do as many, times can't differ by more than the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from cointeract_model.block import BlockContext, Streams
from cointeract_model.checkpoints.names import to_released
from cointeract_model.config import ModelConfig
from cointeract_model.inputs import Conditions, NoisyLatents
from cointeract_model.switches import Stage, release
from cointeract_model.transformer import Transformer
from tests.benchmarks import transformer_case
from tests.benchmarks.allocations import allocated
from tests.benchmarks.operations import operations
from tests.benchmarks.paired import Work, paired
from tests.benchmarks.transformer_case import Size
from tests.model.plain import Step, plain_block, plain_forward, prepare
from tests.model.plain_parts import State
from tests.model.samples import random_inputs, released_inputs

BLOCK_ROUNDS, STEP_ROUNDS = 3, 2
OURS = "this model"
WHOLE_FROM = 10  # numbers from here on have no decimals
COLUMNS = "".join(f"{name:>13}{'/ ours':>8}" for name in ("CPU s", "peak MiB", "written MiB", "GFLOP"))


def run(_folder: Path) -> list[str]:
    """Seconds, peak memory and memory written of ours and of the plain reading. Lines of the result."""
    torch.set_num_threads(1)
    return [*_measured(transformer_case.SMALL, blocks_too=True), "", *_measured(transformer_case.LARGE, blocks_too=False)]


def _measured(size: Size, *, blocks_too: bool) -> Iterator[str]:
    config = transformer_case.config(size)
    model = transformer_case.model(release(), config)
    conditions, noisy = random_inputs(transformer_case.case(size), config)
    context = model.encode(conditions)
    yield (
        f"{size.resolution} in small: {config.hidden_size} features, {config.layers} blocks, {context.layout.length} RGB and "
        f"{context.grid.target_tokens} HOI tokens, preset release; wanted: 1.5 times the time and the memory of ours"
    )
    for stage, name in ((Stage.JOINT, "stage 1"), (Stage.ASYMMETRIC, "stage 2")):
        blocks, steps = _works(model, conditions, noisy, stage)
        if blocks_too:
            yield from ("", f"{name + ', block':<20}{COLUMNS}", *_compared(blocks, BLOCK_ROUNDS))
        yield from ("", f"{name + ', step':<20}{COLUMNS}", *_compared(steps, STEP_ROUNDS))


def _works(
    model: Transformer, conditions: Conditions, noisy: NoisyLatents, stage: Stage
) -> tuple[dict[str, Work], dict[str, Work]]:
    """The same block and the same step, forward and backward, done in each way."""
    streams, context = _first_block_inputs(model, conditions, noisy, stage)
    blocks: dict[str, Work] = {OURS: lambda: _block(model, streams, context)}
    steps: dict[str, Work] = {OURS: lambda: _step(model, conditions, noisy, stage)}
    state = to_released({name: value.detach() for name, value in model.named_parameters()}, model.config.audio_layers)
    state = {name: value.clone().requires_grad_() for name, value in state.items()}
    inputs, joint = released_inputs(conditions, noisy), stage is Stage.JOINT
    for name, masked in (("plain, dense mask", True), ("plain, as released", False)):
        with torch.no_grad():
            tokens, step = prepare(state, model.config, inputs, joint=joint, masked=masked)
        reading = _Plain(state, model.config, inputs, joint, masked, tokens.requires_grad_(), step)
        blocks[name], steps[name] = reading.block, reading.whole_step
    return blocks, steps


@dataclass(frozen=True, eq=False)
class _Plain:
    state: State
    config: ModelConfig
    inputs: dict[str, Tensor]
    joint: bool
    masked: bool
    tokens: Tensor
    step: Step

    def block(self) -> None:
        _backward(plain_block(self.state, self.config, 0, self.tokens, self.step))

    def whole_step(self) -> None:
        outputs = plain_forward(self.state, self.config, self.inputs, joint=self.joint, masked=self.masked)
        _backward(outputs.values())


def _block(model: Transformer, streams: Streams, context: BlockContext) -> None:
    (rgb, hoi), logits = model.blocks[0](streams, context)
    _backward((rgb, hoi, logits))


def _step(model: Transformer, conditions: Conditions, noisy: NoisyLatents, stage: Stage) -> None:
    prediction = model(noisy, model.encode(conditions), stage=stage, router_logits=True)
    assert prediction.hoi_velocity is not None
    _backward((prediction.velocity, prediction.hoi_velocity, *prediction.router_logits))


def _backward(outputs: Iterable[Tensor]) -> None:
    torch.stack([output.square().mean() for output in outputs]).sum().backward()


def _first_block_inputs(
    model: Transformer, conditions: Conditions, noisy: NoisyLatents, stage: Stage
) -> tuple[Streams, BlockContext]:
    seen: list[tuple[Streams, BlockContext]] = []

    def keep(_block: nn.Module, arguments: tuple[Streams, BlockContext]) -> None:
        seen.append(arguments)

    handle = model.blocks[0].register_forward_pre_hook(keep)
    with torch.no_grad():
        model(noisy, model.encode(conditions), stage=stage, router_logits=True)
    handle.remove()
    streams, context = seen[0]
    assert streams.hoi is not None
    return Streams(streams.rgb.requires_grad_(), streams.hoi.requires_grad_()), context


def _compared(works: dict[str, Work], rounds: int) -> Iterator[str]:
    counted = {name: operations(work) for name, work in works.items()}  # and a warm-up
    memory = {name: allocated(work) for name, work in works.items()}
    times = paired(works, rounds)
    for name in works:
        cells = (
            (times.median(name), times.ratio(name, OURS)),
            (memory[name].peak, memory[name].peak / memory[OURS].peak),
            (memory[name].written, memory[name].written / memory[OURS].written),
            (counted[name], counted[name] / counted[OURS]),
        )
        yield f"{name:<20}" + "".join(
            f"{value:13.{2 if value < WHOLE_FROM else 0}f}{ratio:8.2f}" for value, ratio in cells
        )
