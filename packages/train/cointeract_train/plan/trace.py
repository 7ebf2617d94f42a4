"""Memory of one forward and backward pass, by making it on tensors without values.

The pass is training's own: its inputs, its losses, its checkpoints, its shares of the sequence. What it allocates is added up
operation by operation, so nothing has to be known of the model here. All blocks are alike but for the audio that some inject,
so what one block more takes, of either kind, tells what all of them do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, fields

import torch
from torch import Tensor, distributed
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.testing._internal.distributed.fake_pg import FakeStore

from cointeract_model.config import ModelConfig
from cointeract_model.switches import Stage
from cointeract_model.transformer import Transformer
from cointeract_train.activations import set_checkpointing
from cointeract_train.batch import Inputs
from cointeract_train.config import HardwareSettings, TrainConfig
from cointeract_train.losses import Losses, joint_loss
from cointeract_train.plan.live import LiveBytes
from cointeract_train.plan.passes import inputs_of, timesteps
from cointeract_train.plan.stand_ins import WithoutValues, use_gpu_norms
from cointeract_train.strategy import is_sharded
from cointeract_train.trainable import set_trained

PRECISE = "timestep_embedding."
"""Beginning of the names of parameters that are gathered in float32 (`sharding.share_out`)."""

LAST = 2
"""Blocks of the smallest model that is passed through. With fewer the worst moment may be outside of the blocks."""


@dataclass(frozen=True)
class PassMemory:
    """Bytes of one pass, weights and gradients of weights apart."""

    inputs: int
    """Latents, text, audio, noise."""
    kept: int
    """What the forward pass leaves for the backward pass."""
    forward: int
    """The most that lives at any moment of the forward pass, without the inputs."""
    backward: int
    """Likewise, of the backward pass."""

    @property
    def working(self) -> int:
        """What lives at the worst moment beside what is kept: a block that is computed again, weights cast, gradients."""
        return max(self.forward, self.backward) - self.kept

    def __add__(self, other: PassMemory) -> PassMemory:
        return PassMemory(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def __sub__(self, other: PassMemory) -> PassMemory:
        return PassMemory(*(getattr(self, one.name) - getattr(other, one.name) for one in fields(self)))


def pass_memory(config: TrainConfig, dimensions: ModelConfig, stage: Stage, *, gpu: bool) -> PassMemory:
    """Of the largest pass on one card.

    Args:
        config: of the run.
        dimensions: of the model.
        stage: how the streams see one another.
        gpu: whether a GPU's kernels run rather than a CPU's.
    """

    def of(injecting: tuple[bool, ...]) -> PassMemory:
        layers = tuple(number for number, injects in enumerate(injecting) if injects)
        small = dimensions.model_copy(update={"layers": len(injecting), "audio_layers": layers})
        return traced(config, small, stage, gpu=gpu)

    injects = tuple(layer in dimensions.audio_layers for layer in range(dimensions.layers))
    above, last = list(injects[:-LAST]), injects[-LAST:]
    if any(above) and not any(last):
        # One that injects is there already: the first one alone has the audio encoder's activations kept.
        above.remove(True)
        last = (True, *last)
    whole = end = of(last)
    added = {kind: of((kind, *last)) - end for kind in set(above)}
    for kind in above:
        whole += added[kind]
    return whole


def traced(config: TrainConfig, dimensions: ModelConfig, stage: Stage, *, gpu: bool) -> PassMemory:
    """As `pass_memory`, of a model whose every block is passed through."""
    timestep = timesteps(config)
    with ExitStack() as modes:
        modes.enter_context(FakeTensorMode(allow_non_fake_inputs=True))
        modes.enter_context(WithoutValues())  # type: ignore[no-untyped-call]
        modes.enter_context(_sequence_group(config.hardware))
        model = planned_model(config, dimensions)
        if gpu:
            use_gpu_norms(model)
        return measured_pass(model, inputs_of(config, dimensions, timestep), stage, config.hardware)


def planned_model(config: TrainConfig, dimensions: ModelConfig) -> Transformer:
    """The model as it computes on one card, in whatever mode is open."""
    model = set_trained(Transformer(dimensions, config.model.chosen_switches), config)
    hardware = config.hardware
    if hardware.sequence_parallel > 1:
        group = distributed.group.WORLD
        assert group is not None
        model.share_sequences(group)
    set_checkpointing(model, hardware.checkpointing)
    if is_sharded(hardware) and hardware.precision == "bfloat16":
        for name, parameter in model.named_parameters():
            if not name.startswith(PRECISE):
                parameter.data = parameter.data.to(torch.bfloat16)
    return model


def measured_pass(model: Transformer, inputs: Inputs, stage: Stage, hardware: HardwareSettings) -> PassMemory:
    """Make a pass, and count. Gradients of weights are dropped as they are made."""
    given = _tensors_of(inputs)
    live = LiveBytes([*model.parameters(), *given])
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.register_post_accumulate_grad_hook(_drop_gradient)
    low = hardware.precision == "bfloat16"
    with live:
        with torch.autocast("cpu", torch.bfloat16) if low else nullcontext():
            losses = _losses(model, inputs, stage)
        kept, forward = live.now, live.peak
        live.peak = live.now
        losses.total.backward()
    size = sum({tensor.untyped_storage(): tensor.untyped_storage().nbytes() for tensor in given}.values())
    return PassMemory(size, kept, forward, live.peak)


def _losses(model: Transformer, inputs: Inputs, stage: Stage) -> Losses:
    context = model.encode(inputs.conditions)
    prediction = model(inputs.noisy, context, stage=stage, router_logits=model.config.expert_size is not None)
    return joint_loss(prediction, inputs, model.switches)


def _drop_gradient(parameter: Tensor) -> None:
    parameter.grad = None


def _tensors_of(inputs: Inputs) -> list[Tensor]:
    conditions, draw = inputs.conditions, inputs.draw
    optional = (conditions.product, conditions.motion, conditions.pose)
    texts = [text.rows for text in (conditions.text, conditions.hoi_text) if text is not None]
    given = [conditions.person, conditions.audio, *texts, *(one for one in optional if one is not None)]
    return [*given, *draw.noisy, *draw.velocity, inputs.labels]


@contextmanager
def _sequence_group(hardware: HardwareSettings) -> Iterator[None]:
    """A group of processes that share sequences, of which this is the first and the others are made up."""
    if hardware.sequence_parallel == 1:
        yield
        return
    distributed.init_process_group("fake", store=FakeStore(), rank=0, world_size=hardware.sequence_parallel)
    try:
        yield
    finally:
        distributed.destroy_process_group()
