"""Loading the released checkpoints: Wan2.2-S2V-14B, and CoInteract's LoRA, experts and HOI stream on top of it."""

from __future__ import annotations

import logging
from pathlib import Path

import torch
from pydantic import ValidationError

from cointeract_model import switches as presets
from cointeract_model.checkpoints import dimensions
from cointeract_model.checkpoints.agreement import agreed_switches, differences
from cointeract_model.checkpoints.errors import CheckpointError
from cointeract_model.checkpoints.foreign import foreign_model
from cointeract_model.checkpoints.parts import is_expert_part, is_hoi_part, start_experts
from cointeract_model.checkpoints.released_sources import ReleasedSources
from cointeract_model.checkpoints.released_tensors import ReleasedTensors
from cointeract_model.config import ModelConfig
from cointeract_model.lora import LoraConfig, LoraUse, add_lora
from cointeract_model.switches import Switches
from cointeract_model.transformer import Transformer

SWITCHES_KEY = "cointeract_switches"
"""Where a header notes the switches that a checkpoint of ours was trained with; released files have no such note."""

EXPERT_SIZE = 256
"""Hidden features of an expert (paper section 4.1)."""

_PART_FIELDS = ("expert_size", "router_size", "hoi")

log = logging.getLogger(__name__)


def load_released(
    base: Path,
    checkpoint: Path | None = None,
    *,
    switches: Switches | None = None,
    config: ModelConfig | None = None,
    start_seed: int | None = None,
    lora: LoraUse = "merge",
    lora_scale: float = 1.0,
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = None,
) -> Transformer:
    """A model with the weights of a Wan2.2-S2V folder or file and, on top, of a CoInteract checkpoint.

    Tensors are read one by one into a model without memory of its own, so that the peak is that of the weights and one
    tensor.

    Args:
        base: a folder of safetensors files, or a file; it may hold experts and HOI stream too.
        checkpoint: CoInteract's own tensors, a file or a folder that holds one.
        switches: None: those that `checkpoint` notes, else the preset `release`.
        config: what the model must be; None: what the files hold.
        start_seed: with a number, experts and HOI parts of `config` that the files lack are started from the base; None: they
            are missing.
        lora: whether LoRA is merged or kept.
        lora_scale: alpha / rank, which no file tells. Released: 1.
        device: where the weights go.
        dtype: of all weights; None: base weights as stored, and what comes on top in the dtype of the base's layers.

    Raises:
        CheckpointError: files that are damaged, incomplete, of another model or other dimensions; the message names the
            tensors.
    """
    base_tensors = ReleasedTensors.open(base)
    own_tensors = None if checkpoint is None else ReleasedTensors.open(checkpoint)
    where = base if checkpoint is None else f"{base} with {checkpoint}"
    held = _held_config(base_tensors, own_tensors, config, where)
    wanted = held if config is None else config
    _check_config(wanted, held, where, may_start=start_seed is not None)
    with torch.device("meta"):
        model = Transformer(wanted, _switches(switches, own_tensors))

    sources = ReleasedSources(base_tensors, own_tensors, wanted.audio_layers)
    started = _started(model, held)
    rank = sources.check(model, started)
    if rank is not None and lora == "keep":
        add_lora(model, LoraConfig(rank=rank, alpha=None if lora_scale == 1 else lora_scale * rank))
    place = torch.device(device)
    working = dtype or sources.working_dtype()
    sources.fill(model, started, lora_scale, place, dtype)
    if start_seed is not None and any(is_expert_part(name) for name in started):
        start_experts(model, start_seed, place, working)
    if started:
        log.info("%s: %d tensors of experts and HOI stream start from the base", where, len(started))
    return model.eval()


def start_from_base(
    base: Path,
    switches: Switches,
    *,
    checkpoint: Path | None = None,
    expert_size: int | None = EXPERT_SIZE,
    router_size: int | None = None,
    hoi: bool = True,
    seed: int = 0,
    lora: LoraUse = "merge",
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = None,
) -> Transformer:
    """A model to train: a base's weights, with new experts and HOI parts that change none of its predictions yet.

    Args:
        base: a Wan2.2-S2V folder or file.
        switches: of the model; both presets start this way.
        checkpoint: CoInteract's own tensors, of which those that it has are used.
        expert_size: hidden features of the new experts; None is no experts. A checkpoint's experts have their own.
        router_size: hidden features of the new routers; None is half of the model's.
        hoi: whether the model has an HOI stream. A checkpoint's HOI parts are used whatever this says.
        seed: of the new experts' and routers' values.
        lora: whether the checkpoint's LoRA is merged or kept.
        device: where the weights go.
        dtype: of all weights; None: as in `load_released`.

    Raises:
        CheckpointError: as `load_released`.
    """
    base_tensors = ReleasedTensors.open(base)
    own_tensors = None if checkpoint is None else ReleasedTensors.open(checkpoint)
    held = _held_config(base_tensors, own_tensors, None, base)
    new: dict[str, object] = {"hoi": held.hoi or hoi}
    if held.expert_size is None:
        new |= {"expert_size": expert_size, "router_size": router_size if expert_size is not None else None}
    config = ModelConfig.model_validate({**held.model_dump(), **new})
    return load_released(
        base, checkpoint, switches=switches, config=config, start_seed=seed, lora=lora, device=device, dtype=dtype
    )


def _held_config(
    base: ReleasedTensors, own: ReleasedTensors | None, wanted: ModelConfig | None, where: object
) -> ModelConfig:
    if foreign := foreign_model(base.bare):
        raise CheckpointError(f"{base.files.path} isn't Wan2.2-S2V-14B; it is {foreign}")
    path = base.files.path
    told = dimensions.settings_of(wanted) if wanted is not None else {}
    told |= dimensions.read_settings(path if path.is_dir() else path.parent)
    shapes = base.shapes()
    return dimensions.released_dimensions(shapes, shapes if own is None else shapes | own.shapes(), told, where)


def _check_config(wanted: ModelConfig, held: ModelConfig, where: object, *, may_start: bool) -> None:
    fields = [field for field in ModelConfig.model_fields if field not in _PART_FIELDS]
    if held.expert_size is not None:
        fields += ["expert_size", "router_size"]
    if held.hoi:
        fields.append("hoi")
    if differing := differences(wanted, held, fields):
        raise CheckpointError(f"{where} is a model of other dimensions: {'; '.join(differing)}")
    lacking = [
        part
        for part, there in (
            ("experts", held.expert_size is not None or wanted.expert_size is None),
            ("HOI parts", held.hoi or not wanted.hoi),
        )
        if not there
    ]
    if lacking and not may_start:
        raise CheckpointError(
            f"{where} holds no {' and no '.join(lacking)}, which the configuration has; `start_from_base` makes new ones"
        )


def _started(model: Transformer, held: ModelConfig) -> frozenset[str]:
    return frozenset(
        name
        for name in model.state_dict()
        if (held.expert_size is None and is_expert_part(name)) or (not held.hoi and is_hoi_part(name))
    )


def _switches(given: Switches | None, own: ReleasedTensors | None) -> Switches:
    """Those given, else noted, else the released ones. What changes the forward pass can't be given otherwise than noted."""
    noted = None if own is None else own.files.metadata.get(SWITCHES_KEY)
    if noted is None or own is None:
        return given or presets.release()
    try:
        switches = Switches.model_validate_json(noted)
    except ValidationError as error:
        raise CheckpointError(f"{own.files.path} notes switches that aren't known here: {error}") from error
    return agreed_switches(given, switches, own.files.path)
