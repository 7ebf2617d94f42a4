"""What makes a run fit: each standard remedy alone, and one on top of another until it fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cointeract_model.config import ModelConfig
from cointeract_train.config import TrainConfig

MACHINE = 8
"""Cards of a machine, where sharing out is tried and the recipe states one."""

Measure = Callable[[TrainConfig], int | None]
"""Bytes on a card; None where the run isn't possible with such settings."""


@dataclass(frozen=True)
class Remedy:
    """Settings and what a card holds with them."""

    settings: tuple[str, ...]
    """As `--set` takes them."""
    bytes: int


def alone(config: TrainConfig, dimensions: ModelConfig, measure: Measure) -> list[Remedy]:
    """Each remedy that isn't taken yet, by itself."""
    remedies = []
    for settings, change in _remedies(config, dimensions):
        changed = change(config)
        if changed != config and (size := measure(changed)) is not None:
            remedies.append(Remedy(settings, size))
    return remedies


def together(config: TrainConfig, dimensions: ModelConfig, measure: Measure, limit: float) -> list[Remedy]:
    """One remedy on top of another, from the cheapest on, until a card holds less than `limit` or none is left."""
    remedies: list[Remedy] = []
    taken: dict[str, None] = {}
    for settings, change in _remedies(config, dimensions):
        changed = change(config)
        size = None if changed == config else measure(changed)
        if size is None:
            continue
        config = changed
        names = {one.partition("=")[0] for one in settings}
        taken = dict.fromkeys([*(one for one in taken if one.partition("=")[0] not in names), *settings])
        remedies.append(Remedy(tuple(taken), size))
        if size < limit:
            break
    return remedies


def _remedies(
    config: TrainConfig, dimensions: ModelConfig
) -> Iterator[tuple[tuple[str, ...], Callable[[TrainConfig], TrainConfig]]]:
    """Settings and the change they make: what costs least first, what changes the result last."""
    hardware = config.hardware
    nodes, cards = hardware.nodes or 1, hardware.processes or 1
    sharing = cards if cards * nodes > 1 else MACHINE
    yield ("data.micro_batch=1",), lambda one: _changed(one, "data", micro_batch=1)
    for kind in ("selective", "block"):
        if hardware.checkpointing == "none" or (hardware.checkpointing, kind) == ("selective", "block"):
            yield (f"hardware.checkpointing={kind}",), _hardware(checkpointing=kind)
    if hardware.strategy != "fsdp" or cards * nodes == 1:
        settings = ("hardware.strategy=fsdp", f"hardware.processes={sharing}")
        yield settings, _hardware(strategy="fsdp", processes=sharing)
    for size in _group_sizes(sharing * nodes, dimensions.heads, above=hardware.sequence_parallel):
        settings = (f"hardware.sequence_parallel={size}", f"hardware.processes={sharing}")
        yield settings, _hardware(sequence_parallel=size, processes=sharing)
    yield ("trained.what=lora",), lambda one: _changed(one, "trained", what="lora")


def _group_sizes(cards: int, heads: int, *, above: int) -> list[int]:
    """Sizes of groups that share a sample's tokens: powers of two that divide cards and heads."""
    sizes = [2**power for power in range(1, MACHINE.bit_length())]
    return [size for size in sizes if size > above and cards % size == 0 and heads % size == 0]


def _hardware(**values: object) -> Callable[[TrainConfig], TrainConfig]:
    return lambda config: _changed(config, "hardware", **values)


def _changed(config: TrainConfig, group: str, **values: object) -> TrainConfig:
    return config.model_copy(update={group: getattr(config, group).model_copy(update=values)})
