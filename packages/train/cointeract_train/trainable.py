"""The model that a run trains: made or loaded, LoRA added, the rest frozen."""

from __future__ import annotations

import torch
from torch import nn

from cointeract_model.checkpoints.load import CheckpointKind, kind_of, load_model
from cointeract_model.checkpoints.parts import is_expert_part, is_hoi_part
from cointeract_model.checkpoints.released import start_from_base
from cointeract_model.initialisation import attend_to_same_place
from cointeract_model.lora import add_lora, is_lora, lora_config
from cointeract_model.transformer import Transformer
from cointeract_train.config import ModelSettings, TrainConfig
from cointeract_train.errors import RecipeError
from cointeract_train.optimiser import is_matrix

CPU, SHAPES = torch.device("cpu"), torch.device("meta")


def build_model(config: TrainConfig, device: torch.device = CPU) -> Transformer:
    """The model with its trained parameters in float32 and the others frozen.

    Frozen matrices are kept in what the run computes in: they take no small steps that bfloat16 would round away.

    Args:
        config: of the run.
        device: the CPU, or `SHAPES`: a model without values, for a process that is sent its share of them.

    Raises:
        RecipeError: weights that don't fit the recipe.
        CheckpointError: weights that can't be loaded.
    """
    model = _loaded(config.model, config.seed, device) if config.model.start is not None else _new(config, device)
    return set_trained(model, config)


def set_trained(model: Transformer, config: TrainConfig) -> Transformer:
    """The model, to which LoRA was added where it is wanted, with the rest frozen and every parameter in its precision.

    Raises:
        RecipeError: it has other LoRA.
    """
    if config.trained.what == "lora":
        if lora_config(model) is None:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(config.seed)
                add_lora(model, config.trained.lora, dtype=torch.float32)
        elif lora_config(model) != config.trained.lora:
            raise RecipeError(
                f"{config.model.start} holds LoRA of {lora_config(model)}, but trained.lora is {config.trained.lora}: "
                "set the same rank and alpha"
            )
    frozen = torch.bfloat16 if config.hardware.precision == "bfloat16" else torch.float32
    for name, parameter in model.named_parameters():
        trained = config.trained.what == "everything" or is_lora(name) or is_expert_part(name) or is_hoi_part(name)
        parameter.requires_grad_(trained)
        parameter.data = parameter.data.to(torch.float32 if trained or not is_matrix(name, parameter) else frozen)
    return model.train()


def trained_names(model: nn.Module) -> set[str]:
    """Names of the parameters that are trained."""
    return {name for name, parameter in model.named_parameters() if parameter.requires_grad}


def _new(config: TrainConfig, device: torch.device) -> Transformer:
    dimensions = config.model.dimensions
    assert dimensions is not None
    with torch.random.fork_rng(devices=[]), device:
        torch.manual_seed(config.seed)
        model = Transformer(dimensions, config.model.chosen_switches)
        attend_to_same_place(model, config.model.same_place)
        return model


def _loaded(settings: ModelSettings, seed: int, device: torch.device) -> Transformer:
    start, switches = settings.start, settings.chosen_switches
    assert start is not None
    if kind_of(start) is CheckpointKind.BASE:
        return start_from_base(
            start,
            switches,
            checkpoint=settings.checkpoint,
            expert_size=settings.expert_size,
            router_size=settings.router_size,
            hoi=settings.hoi,
            seed=seed,
            device=device,
        )
    if settings.checkpoint is not None:
        raise RecipeError(f"model.checkpoint goes on top of Wan2.2-S2V-14B, but model.start {start} is not that")
    return load_model(start, switches=switches, lora="keep", device=device)
