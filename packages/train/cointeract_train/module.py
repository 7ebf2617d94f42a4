"""The training module: one step's losses and its gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from lightning.pytorch import LightningModule
from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor, nn
from torch.optim import Optimizer
from typing_extensions import override

from cointeract_model.switches import Stage
from cointeract_model.transformer import Transformer
from cointeract_train.activations import compile_blocks, set_checkpointing
from cointeract_train.average import Average
from cointeract_train.batch import Draws, Inputs, Stacked, stack
from cointeract_train.config import TrainConfig
from cointeract_train.example import Batch
from cointeract_train.figures import Figures
from cointeract_train.losses import Losses, joint_loss
from cointeract_train.nonfinite import Pass, stop_at_bad_step
from cointeract_train.optimiser import build_optimiser, build_schedule
from cointeract_train.sharding import drop_gathered, gathered, sequence_group, share_out, whole
from cointeract_train.strategy import is_sharded
from cointeract_train.throughput import Throughput, work_of


class TrainingModule(LightningModule):
    """Trains a model on examples.

    Args:
        model: with what isn't trained frozen (`trainable.build_model`).
        config: of the run.
        weights: of a model that is to be shared out, and is on the meta device until then; None where the first process has them.
    """

    def __init__(self, model: Transformer, config: TrainConfig, *, weights: Mapping[str, Tensor] | None = None) -> None:
        super().__init__()
        self.model, self.config = model, config
        self._weights, self._configured = weights, False
        decay = config.optimiser.average_decay
        self.average = None if decay is None else Average(model, decay)
        self.draws = Draws(model.switches)
        self.throughput = Throughput(config.hardware.sequence_parallel)
        self.pending: list[Pass] = []
        """Passes of the step that is being made."""
        self.validation = Figures(torch.device("cpu"))
        self._figures: Figures | None = None

    @property
    def stage(self) -> Stage:
        """Of the step that is next, or that is being made."""
        return self.config.steps.stage(self.global_step)

    @property
    def figures(self) -> Figures:
        """Sums of this logging window."""
        if self._figures is None:
            self._figures = Figures(self.device)
        return self._figures

    def begin_window(self, sums: Sequence[float] | None = None) -> None:
        """Begin a logging window, or go on with this process's sums of one that was saved."""
        self._figures = Figures(self.device)
        if sums is not None:
            self._figures.sums.copy_(self._figures.sums.new_tensor(sums))
        self.throughput.begin()

    def summed(self, sums: Tensor) -> Tensor:
        """Sums of figures over all processes, where those that share samples count once; all processes must ask."""
        total = self.trainer.strategy.reduce(sums.clone(), reduce_op="sum")
        assert isinstance(total, Tensor)
        return total / self.config.hardware.sequence_parallel

    @override
    def configure_model(self) -> None:
        """Make the model ready for the processes that train it, once they are there."""
        if self._configured:
            return
        self._configured = True
        hardware, device = self.config.hardware, self.trainer.strategy.root_device
        if hardware.threads is not None:
            # Not before: the trainer sets a number of its own as it starts several processes.
            torch.set_num_threads(hardware.threads)
        if hardware.sequence_parallel > 1:
            self.model.share_sequences(sequence_group(device, hardware.sequence_parallel))
        # From the inside to the outside: what is compiled computes again what it doesn't keep, and runs on gathered weights.
        set_checkpointing(self.model, hardware.checkpointing)
        if hardware.compile:
            compile_blocks(self.model, device)
        if is_sharded(hardware):
            low = torch.bfloat16 if hardware.precision == "bfloat16" else None
            share_out(self.model, self._weights or {}, device, low)
            self._weights = None
            if self.average is not None:
                assert self.config.optimiser.average_decay is not None
                self.average = Average(self.model, self.config.optimiser.average_decay)

    @override
    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        """Examples stay where they are, unless a data module moves them itself; inputs are moved when they are drawn."""
        return batch

    @override
    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The mean loss of a pass's samples. Lightning divides it by the passes of a step.

        Strategies average gradients over all processes. Of those that share a sample each has its part of the gradient, whose sum is
        the whole, so it is multiplied by their number.
        """
        stacked = self.stacked(batch)
        inputs, stage = self.draws.random(stacked, self.device), self.stage
        losses = self.losses(inputs, stage)
        work = work_of(inputs, self.model.config, self.model.switches, stage)
        self.pending.append(Pass(stacked.keys, inputs.noisy.timestep, inputs.hoi_present, losses, work))
        return losses.total * self.config.hardware.sequence_parallel

    def stacked(self, batch: Batch) -> Stacked:
        """The examples as one batch, with HOI where the model has that stream."""
        return stack(batch, hoi=self.model.config.hoi)

    def losses(self, inputs: Inputs, stage: Stage) -> Losses:
        """Encode, predict, compare."""
        context = self.model.encode(inputs.conditions)
        routed = self.model.config.expert_size is not None
        prediction = self.model(inputs.noisy, context, stage=stage, router_logits=routed)
        return joint_loss(prediction, inputs, self.model.switches)

    @override
    def on_validation_start(self) -> None:
        """What is validated is what would be exported: the moving averages where they are kept."""
        self.validation = Figures(self.device)
        if self.average is not None:
            self.average.swap(self.model)

    @override
    def on_validation_end(self) -> None:
        """Go on with the model's own values."""
        if self.average is not None:
            self.average.swap(self.model)
        drop_gathered(self.model)

    @override
    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Losses at evenly spaced noise levels, with noise from the examples' seeds: the same in every validation."""
        stacked, count = self.stacked(batch), self.config.watch.validation_levels
        for number in range(count):
            inputs = self.draws.at(stacked, (number + 0.5) / count, self.device)
            self.validation.add(self.losses(inputs, self.stage), inputs.noisy.timestep, inputs.hoi_present)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """A context in which the model has its moving averages, where they are kept, and in validation its own values."""
        with nullcontext() if self.average is None else self.average.in_place(self.model):
            drop_gathered(self.model)
            yield
        drop_gathered(self.model)

    def final_state(self, *, keep: bool = True) -> dict[str, Tensor]:
        """The model's whole state to export, on the CPU: the moving averages where they are kept.

        Where weights are shared out all processes must ask, and those that don't `keep` it get nothing.
        """
        state: dict[str, Tensor] = (
            self.model.state_dict() if self.average is None else self.average.state_of(self.model)
        )
        return gathered(state, keep=keep)

    @override
    def configure_optimizers(self) -> Any:
        """AdamW, and its learning rate for each optimiser step."""
        optimiser = build_optimiser(self.model.named_parameters(), self.config.optimiser)
        schedule = build_schedule(optimiser, self.config.optimiser, self.config.steps.total)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    @override
    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Cut the gradient to the configured norm.

        Raises:
            NonFiniteError: it is NaN or infinite; the weights are as they were before the step.
        """
        parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        norm = whole(nn.utils.get_total_norm([one.grad for one in parameters if one.grad is not None]))
        nn.utils.clip_grads_with_norm_(parameters, self.config.optimiser.clip or float("inf"), norm)
        # The one moment of a step at which the device is waited for: a bad step must not reach the weights.
        if not bool(torch.isfinite(norm)):
            stop_at_bad_step(self.trainer, self.pending)
        for one in self.pending:
            self.figures.add(one.losses, one.timesteps, one.hoi_present)
            self.throughput.add(one.work)
        self.figures.add_gradient(norm)

    @override
    def optimizer_step(
        self,
        epoch: int,
        batch_idx: int,
        optimizer: Optimizer | LightningOptimizer,
        optimizer_closure: Callable[[], Any] | None = None,
    ) -> None:
        """A step of the optimiser, and of the moving averages."""
        steps = self.global_step
        super().optimizer_step(epoch, batch_idx, optimizer, optimizer_closure)
        self.pending.clear()
        if self.average is not None:
            self.average.update(self.model, steps)
