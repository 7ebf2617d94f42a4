"""Operations of a step, and how long a run takes at a stated speed."""

from __future__ import annotations

from dataclasses import dataclass

from cointeract_model.config import ModelConfig
from cointeract_model.flops import BACKWARD, encode_flops, step_flops
from cointeract_model.switches import Stage
from cointeract_train.config import TrainConfig
from cointeract_train.plan.passes import workload

OUTSIDE = ("patch embeddings and heads", "timestep embedding")
"""Parts of a forward pass that are no part of a block or of an audio injection, and so aren't computed again."""

TERA, HOUR_S = 1e12, 3600.0


@dataclass(frozen=True)
class StageCost:
    """Of a step of one stage, all cards together."""

    stage: Stage
    steps: int
    flops: float
    """The model's own operations of a step, forward and backward."""
    recomputed: float
    """Operations that checkpointing makes once more."""

    def hours(self, cards: int, tflops: float, utilisation: float) -> float:
        """Of all the stage's steps.

        Args:
            cards: that share the work evenly.
            tflops: a card's stated peak.
            utilisation: share of it that is reached, recomputation included.
        """
        return self.steps * (self.flops + self.recomputed) / (cards * tflops * TERA * utilisation) / HOUR_S


def stage_costs(config: TrainConfig, dimensions: ModelConfig) -> tuple[StageCost, ...]:
    """Of the run's stages, as if every sample were of the largest bucket and had everything: no step takes more."""
    steps = config.steps
    split = {steps.stage(0): steps.joint or steps.asymmetric}
    if steps.joint and steps.asymmetric:
        last = steps.stage(steps.total - 1)
        split[last] = steps.total if last in split else steps.asymmetric
    return tuple(_stage_cost(config, dimensions, stage, count) for stage, count in split.items())


def _stage_cost(config: TrainConfig, dimensions: ModelConfig, stage: Stage, steps: int) -> StageCost:
    work, samples = workload(config, dimensions, stage), config.data.global_batch
    forward = step_flops(dimensions, config.model.chosen_switches, work)
    once = sum(forward.values()) + sum(encode_flops(dimensions, work).values())
    again = _recomputed(forward) if config.hardware.checkpointing == "block" else 0
    return StageCost(stage, steps, float(BACKWARD * samples * once), float(samples * again))


def _recomputed(forward: dict[str, int]) -> int:
    return sum(count for part, count in forward.items() if part not in OUTSIDE)
