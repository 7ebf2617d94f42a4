"""Makes the plan of a run: memory of a card, operations, hours, and what would make it fit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cointeract_model.config import ModelConfig
from cointeract_model.flops import Workload
from cointeract_train.config import TrainConfig
from cointeract_train.data.catalogue import read_catalogue
from cointeract_train.errors import RecipeError
from cointeract_train.plan.cost import StageCost, stage_costs
from cointeract_train.plan.memory import CardMemory, card_memory
from cointeract_train.plan.passes import workload
from cointeract_train.plan.remedies import Remedy, alone, together
from cointeract_train.plan.shapes import dimensions_of, shapes_of
from cointeract_train.plan.trace import PassMemory, pass_memory
from cointeract_train.processes import find_processes
from cointeract_train.strategy import is_sharded

GIB = 2**30

USABLE = 0.92
"""Of a card's memory; the rest is the driver's, the communication library's, and what lies between blocks of memory."""

UTILISATION = 0.4
"""Share of a card's peak that well-tuned trainers of such models reach, where none is stated: 36 to 48 % are published."""


@dataclass(frozen=True)
class Plan:
    """Of a run."""

    config: TrainConfig
    dimensions: ModelConfig
    assumed: bool
    """Whether the weights to start from aren't here, and were taken for Wan2.2-S2V-14B."""
    samples: int | None
    """Of the data set, if one was given."""
    cards: int
    work: Workload
    """Of the largest sample."""
    memory: CardMemory
    costs: tuple[StageCost, ...]
    tflops: float | None
    utilisation: float
    alone: tuple[Remedy, ...]
    """Where the run doesn't fit: what each remedy does by itself."""
    together: tuple[Remedy, ...]
    """And one on top of another, until it fits."""

    @property
    def limit(self) -> float | None:
        """Bytes of a card that may be used, if its memory is stated."""
        stated = self.config.hardware.memory_gib
        return None if stated is None else USABLE * stated * GIB

    @property
    def fits(self) -> bool | None:
        """Whether a card holds the run; None where its memory isn't stated."""
        return None if self.limit is None else self.memory.total < self.limit

    @property
    def hours(self) -> float | None:
        """Of all steps; None where the card's peak isn't stated."""
        if self.tflops is None:
            return None
        return sum(cost.hours(self.cards, self.tflops, self.utilisation) for cost in self.costs)


def make_plan(config: TrainConfig, *, utilisation: float = UTILISATION, with_data: bool = False) -> Plan:
    """Count what a run takes. Nothing of the model is loaded or made.

    Args:
        config: of the run; `hardware.memory_gib` and `watch.peak_tflops` state the card.
        utilisation: share of the peak that is reached, recomputation included.
        with_data: whether `data.root` is there: then its samples are counted, and only buckets that have some.

    Raises:
        RecipeError: processes that can't share the samples or the model's heads.
        CheckpointError: weights that are here and can't be trained from.
        DataError: the data set can't be trained on.
    """
    samples = None
    if with_data:
        config, samples = _of_data(config)
    known = dimensions_of(config.model)
    processes = find_processes(config.hardware)
    _check(config, known.config)
    stages = [cost.stage for cost in stage_costs(config, known.config)]
    gpu = config.hardware.device != "cpu"
    of_stages = {stage: pass_memory(config, known.config, stage, gpu=gpu) for stage in stages}
    worst = max(of_stages, key=lambda stage: of_stages[stage].kept + of_stages[stage].working)
    passes: dict[object, PassMemory] = {_what_shapes_a_pass(config): of_stages[worst]}

    def memory(chosen: TrainConfig) -> CardMemory:
        key = _what_shapes_a_pass(chosen)
        if key not in passes:
            passes[key] = pass_memory(chosen, known.config, worst, gpu=gpu)
        return card_memory(shapes_of(chosen, known.config), chosen, find_processes(chosen.hardware), passes[key])

    def measure(chosen: TrainConfig) -> int | None:
        try:
            _check(chosen, known.config)
        except RecipeError:
            return None
        return memory(chosen).total

    plan = Plan(
        config=config,
        dimensions=known.config,
        assumed=known.assumed,
        samples=samples,
        cards=processes.count,
        work=workload(config, known.config, stages[-1]),
        memory=memory(config),
        costs=stage_costs(config, known.config),
        tflops=config.watch.peak_tflops,
        utilisation=utilisation,
        alone=(),
        together=(),
    )
    if plan.limit is None or plan.fits:
        return plan

    return replace(
        plan,
        alone=tuple(alone(config, known.config, measure)),
        together=tuple(together(config, known.config, measure, plan.limit)),
    )


def _of_data(config: TrainConfig) -> tuple[TrainConfig, int]:
    """With the buckets alone that have samples, and how many there are."""
    entries = read_catalogue(config.data, config.data.split).entries
    used = {entry.bucket for entry in entries}
    buckets = tuple(bucket for bucket in config.data.buckets if bucket in used)
    return config.model_copy(update={"data": config.data.model_copy(update={"buckets": buckets})}), len(entries)


def _check(config: TrainConfig, dimensions: ModelConfig) -> None:
    """Refuse what training would refuse."""
    processes = find_processes(config.hardware)
    if dimensions.heads % processes.sharing:
        raise RecipeError(
            f"hardware.sequence_parallel is {processes.sharing}, which doesn't divide the model's {dimensions.heads} heads"
        )
    try:
        config.data.accumulation(processes.data_ranks)
    except ValueError as error:
        raise RecipeError(str(error)) from error


def _what_shapes_a_pass(config: TrainConfig) -> object:
    hardware = config.hardware
    shared = is_sharded(hardware), hardware.sequence_parallel
    return config.trained, config.data.micro_batch, hardware.checkpointing, hardware.precision, shared
