"""Settings of a training run. Unknown keys are refused; `config.yaml` beside a run holds all of them with their values."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cointeract_model.config import ModelConfig
from cointeract_model.lora import LoraConfig
from cointeract_model.switches import Stage, Switches, paper, release
from cointeract_train.data.config import DataConfig

PRESETS = {"paper": paper, "release": release}

SHARED_SWITCHES = ("hoi_prompt", "box_ends")
"""Switches of the model that the data obeys."""

FREE = (
    *("data.root", "data.workers", "data.prefetch", "data.verify", "data.on_the_fly", "data.steps_per_epoch"),
    *("data.validation", "data.micro_batch", "hardware.device", "hardware.threads", "hardware.strategy"),
    *(
        "hardware.processes",
        "hardware.nodes",
        "hardware.memory_gib",
        "hardware.sequence_parallel",
        "hardware.checkpointing",
        "hardware.compile",
    ),
)
"""What may change when a run is resumed: where and how data is read, whose content the data side compares, and what it runs on.
Nothing of it changes the loss, but for the order in which sums are rounded."""


class Settings(BaseModel):
    """What all groups of settings share."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelSettings(Settings):
    """Which model is trained: a new one of stated dimensions, or one that starts from weights."""

    dimensions: ModelConfig | None = Field(default=None, description="of a new model; give this or `start`")
    start: Path | None = Field(
        default=None, description="weights to start from: Wan2.2-S2V-14B, or a folder that training exported"
    )
    checkpoint: Path | None = Field(default=None, description="CoInteract's own tensors, on top of Wan2.2-S2V-14B")
    expert_size: int | None = Field(default=256, gt=0, description="of new experts on a base; None: no experts")
    router_size: int | None = Field(default=None, gt=0, description="of new routers; None: half the model's width")
    hoi: bool = Field(default=True, description="whether a base is given an HOI stream")
    same_place: float = Field(
        default=0.0,
        ge=0,
        description="of a new model: how far half of its heads begin at the same row and column (`attend_to_same_place`)",
    )
    preset: Literal["paper", "release"] = Field(default="paper", description="switches to begin with")
    switches: Switches | None = Field(default=None, description="the preset's, and what is set here instead")

    @model_validator(mode="before")
    @classmethod
    def _on_the_preset(cls, values: object) -> object:
        return cls.overlaid(values) if isinstance(values, dict) else values

    @staticmethod
    def overlaid(values: dict[str, object]) -> dict[str, object]:
        """The mapping with switches that are the preset's where they aren't written."""
        written, preset = values.get("switches") or {}, PRESETS.get(str(values.get("preset", "paper")))
        if preset is None or not isinstance(written, dict):
            return values
        return {**values, "switches": {**preset().model_dump(), **written}}

    @model_validator(mode="after")
    def _one_beginning(self) -> Self:
        if (self.dimensions is None) == (self.start is None):
            raise ValueError("model: give either `dimensions` of a new model or weights to `start` from")
        if self.checkpoint is not None and self.start is None:
            raise ValueError("model.checkpoint goes on top of weights: name them as model.start")
        if self.same_place and self.start is not None:
            raise ValueError("model.same_place is how a new model begins, but model.start names weights: set it to 0")
        return self

    @property
    def chosen_switches(self) -> Switches:
        """The switches, resolved."""
        return self.switches if self.switches is not None else PRESETS[self.preset]()


class TrainedSettings(Settings):
    """Which parameters are trained."""

    what: Literal["everything", "lora"] = Field(
        default="everything", description="lora: low-rank updates, with experts, routers and HOI parts in full"
    )
    lora: LoraConfig = LoraConfig()


class StepsSettings(Settings):
    """The two stages, in optimiser steps; one run, whose optimiser, schedule and data go on across the change."""

    joint: int = Field(default=5000, ge=0, description="stage 1: every token sees every token")
    asymmetric: int = Field(default=2000, ge=0, description="stage 2: RGB sees RGB only (Eq. 4)")
    asymmetric_mask: bool = Field(
        default=True,
        description="false: every token sees every token in stage 2 too, so that generation must keep the HOI stream (section 4.5)",
    )

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.total == 0:
            raise ValueError("steps: both stages have 0 steps; give at least one of them some")
        return self

    @property
    def total(self) -> int:
        """Steps of both stages."""
        return self.joint + self.asymmetric

    def stage(self, step: int) -> Stage:
        """The stage of the step that is taken after `step` others."""
        joint = step < self.joint or self.asymmetric == 0 or not self.asymmetric_mask
        return Stage.JOINT if joint else Stage.ASYMMETRIC


class OptimiserSettings(Settings):
    """AdamW and its learning rate. The paper: 1e-4, cosine; released: 1e-5, constant."""

    learning_rate: float = Field(default=1e-4, gt=0)
    schedule: Literal["cosine", "constant"] = Field(default="cosine", description="over both stages together")
    warmup: int = Field(default=0, ge=0, description="steps over which the learning rate rises evenly from near 0")
    final_share: float = Field(default=0.0, ge=0, le=1, description="of the learning rate that cosine ends at")
    beta1: float = Field(default=0.9, ge=0, lt=1)
    beta2: float = Field(default=0.999, ge=0, lt=1)
    eps: float = Field(default=1e-8, gt=0)
    weight_decay: float = Field(default=0.01, ge=0, description="of matrices; biases, norms and tables have none")
    router_rate: float = Field(
        default=1.0,
        gt=0,
        description="the router's learning rate over that of all else: no gradient goes back from it, so it may learn faster",
    )
    clip: float | None = Field(default=1.0, gt=0, description="norm that the gradient is cut to; None: it is not")
    average_decay: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="of the moving average of what is trained, such as 0.999; None: none is kept",
    )


class WatchSettings(Settings):
    """What is shown of a run, in optimiser steps. Changes no result."""

    log_every: int = Field(default=10, ge=1)
    validate_every: int = Field(default=250, ge=0, description="0: never")
    validation_levels: int = Field(
        default=4, ge=1, description="noise levels at which each held-out sample is looked at"
    )
    samples_every: int = Field(default=1000, ge=0, description="steps between generated held-out clips; 0: none")
    samples: int = Field(default=2, ge=1, description="clips, each a sheet and a video")
    sample_steps: int = Field(default=20, ge=1, description="denoising steps of a clip")
    loggers: tuple[Literal["tensorboard", "wandb"], ...] = Field(
        default=("tensorboard",), description="where figures go beside metrics.jsonl; wandb needs the extra `wandb`"
    )
    peak_tflops: float | None = Field(
        default=None, gt=0, description="the card's stated peak at the precision used, for utilisation (MFU)"
    )


class CheckpointSettings(Settings):
    """When a run's state is saved, in optimiser steps. Changes no result."""

    every: int = Field(default=500, ge=1, description="steps between states; a kill loses at most so many")
    keep: int = Field(
        default=2, ge=1, description="newest states that are kept; with 2 a damaged one can be passed over"
    )


class HardwareSettings(Settings):
    """What it runs on."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["float32", "bfloat16"] = Field(
        default="float32",
        description="bfloat16: products in bfloat16; trained weights, losses, noise and timesteps stay in float32",
    )
    threads: int | None = Field(default=None, ge=1, description="of a CPU; None: PyTorch's own choice")
    strategy: Literal["auto", "ddp", "fsdp"] = Field(
        default="auto",
        description="fsdp: weights, gradients and optimiser shared out among processes; ddp: whole in each; auto: ddp if several",
    )
    processes: int | None = Field(
        default=None, ge=1, description="on each machine, one a GPU; None: as torchrun or Slurm started, else 1"
    )
    nodes: int | None = Field(default=None, ge=1, description="machines; None: as torchrun or Slurm started, else 1")
    sequence_parallel: int = Field(
        default=1,
        ge=1,
        description="processes that share a sample's tokens; must divide processes and the model's heads",
    )
    checkpointing: Literal["none", "block", "selective"] = Field(
        default="none",
        description="activations of the forward pass: none: all are kept; block: the inputs of blocks, all else is computed again; "
        "selective: results of matrix products and attention too",
    )
    compile: bool = Field(default=False, description="torch.compile each block")
    memory_gib: float | None = Field(
        default=None, gt=0, description="of a card, which `cointeract train --plan` compares its estimate with"
    )

    @model_validator(mode="after")
    def _compilable(self) -> Self:
        # What processes send one another cuts a block's graph, and a graph that is cut can't be checkpointed.
        if self.compile and self.sequence_parallel > 1 and self.checkpointing != "none":
            raise ValueError(
                f"hardware: sequence_parallel {self.sequence_parallel} with checkpointing {self.checkpointing} leaves nothing to compile: "
                "set compile=false, or checkpointing=none"
            )
        return self


class TrainConfig(Settings):
    """A resolved recipe."""

    name: str
    description: str = ""
    seed: int = Field(
        default=0, ge=0, description="of new weights, and of the data's order and draws unless they have one"
    )
    model: ModelSettings
    data: DataConfig
    trained: TrainedSettings = TrainedSettings()
    steps: StepsSettings = StepsSettings()
    optimiser: OptimiserSettings = OptimiserSettings()
    watch: WatchSettings = WatchSettings()
    checkpoints: CheckpointSettings = CheckpointSettings()
    hardware: HardwareSettings = HardwareSettings()

    @model_validator(mode="before")
    @classmethod
    def _data_follows(cls, values: object) -> object:
        """What the data has in common with seed and switches follows them where it isn't stated."""
        if not isinstance(values, dict) or not isinstance(data := values.get("data"), dict):
            return values
        followed: dict[str, object] = {"seed": values.get("seed", 0)}
        if isinstance(model := values.get("model"), dict):
            dimensions = model.get("dimensions")
            followed["hoi"] = (dimensions if isinstance(dimensions, dict) else model).get("hoi", True)
            switches = ModelSettings.overlaid(model).get("switches")
            if isinstance(switches, dict):
                followed |= {name: switches[name] for name in SHARED_SWITCHES if name in switches}
        return {**values, "data": {**followed, **data}}

    @model_validator(mode="after")
    def _data_agrees(self) -> Self:
        for name in SHARED_SWITCHES:
            stated, switched = getattr(self.data, name), getattr(self.model.chosen_switches, name)
            if stated != switched:
                raise ValueError(
                    f"data.{name} is {stated!r}, but the model's switch is {switched!r}: leave it out of data"
                )
        return self

    def deciding(self) -> dict[str, object]:
        """The settings that decide what a run computes, flat, by their paths; a state is resumed only where they agree."""
        chosen = self.model_dump(mode="json", exclude={"name", "description", "watch", "checkpoints"})
        return {place: value for place, value in _flat(chosen, "") if not place.startswith(FREE)}


def _flat(values: dict[str, object], above: str) -> list[tuple[str, object]]:
    flat: list[tuple[str, object]] = []
    for key, value in values.items():
        place = f"{above}{key}"
        flat += _flat(value, f"{place}.") if isinstance(value, dict) else [(place, value)]
    return flat
