"""Trains the ablation's models one after the other, looks at each on held-out samples, and writes their table."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lightning.pytorch import LightningDataModule

from cointeract_model.checkpoints.saved import load_saved
from cointeract_model.switches import Stage
from cointeract_model.transformer import Transformer
from cointeract_shards.atomic import write_text
from cointeract_train.ablation.cost import Generator, counted, counted_at_papers_size, measured
from cointeract_train.ablation.table import Row, as_json, as_markdown
from cointeract_train.config import TrainConfig
from cointeract_train.data.module import ShardDataModule
from cointeract_train.errors import RecipeError, RunFolderError, TrainingError
from cointeract_train.example import Batch
from cointeract_train.export import CONFIG, MODEL, read_config
from cointeract_train.held_out import held_out_figures
from cointeract_train.processes import find_processes
from cointeract_train.progress import Progress
from cointeract_train.run import train

log = logging.getLogger(__name__)

TABLE_JSON, TABLE_MARKDOWN = "ablation.json", "ablation.md"
HELD_OUT = "held_out.json"

VARIANTS = {
    "no-moe": "w/o MoE",
    "no-cogeneration": "w/o Co-Gen",
    "no-asymmetric": "w/o Asym. Mask",
    "full": "Full model",
}
"""The models in the order of the paper's Table 3, and their names there."""

BASELINE = "no-moe"
"""Its cost is 1: RGB only, without experts."""


@dataclass(frozen=True)
class Ablation:
    """What came of it."""

    rows: tuple[Row, ...]
    held_out: int
    """Samples that were looked at."""
    table: Path
    """As Markdown; as JSON beside it."""
    interrupted: bool
    """Whether training was stopped; there is no table then."""


def run_ablation(
    configs: Mapping[str, TrainConfig],
    output: Path,
    progress: Progress,
    *,
    data: Callable[[TrainConfig], LightningDataModule] | None = None,
) -> Ablation:
    """Train what isn't trained yet, look at all of them, write the table.

    Args:
        configs: by the names of `VARIANTS`, all of them.
        output: a folder for each run, and the table. A finished run isn't made again, an unfinished one goes on.
        progress: is told how each run goes.
        data: of a recipe; None: the configured shards.

    Raises:
        RecipeError: several processes.
        RunFolderError: a folder holds a run of other settings.
        TrainingError: there are no held-out samples; and whatever `train` raises.
    """
    if any(find_processes(config.hardware).count > 1 for config in configs.values()):
        raise RecipeError("the ablation's models are small and trained in one process: leave hardware.processes out")
    of = data or (lambda config: ShardDataModule(config.data))
    held_out = {name: _held_out(of(configs[name])) for name in VARIANTS}  # before anything is trained for minutes
    for name in VARIANTS:
        if _finished(output / name, configs[name]):
            log.info("%s is trained already", name)
            continue
        log.info("training %s", name)
        own = None if data is None else data(configs[name])
        if train(configs[name], output / name, progress, data=own, resume="auto").interrupted:
            return Ablation((), 0, output / TABLE_MARKDOWN, interrupted=True)
    generators = {name: _generator(output / name / MODEL, configs[name]) for name in VARIANTS}
    figures = {
        name: _figures(output / name, generator.model, held_out[name], configs[name])
        for name, generator in generators.items()
    }
    rows = tuple(_rows(configs, generators, figures, held_out["full"][0]))
    samples = sum(len(batch) for batch in held_out["full"])
    write_text(output / TABLE_JSON, as_json(rows, samples))
    write_text(output / TABLE_MARKDOWN, as_markdown(rows, samples))
    return Ablation(rows, samples, output / TABLE_MARKDOWN, interrupted=False)


def _rows(
    configs: Mapping[str, TrainConfig],
    generators: Mapping[str, Generator],
    figures: Mapping[str, Mapping[str, float]],
    batch: Batch,
) -> list[Row]:
    flops = {name: counted(generator, batch) for name, generator in generators.items()}
    large = {
        name: counted_at_papers_size(one.model.config, one.hoi, one.model.switches) for name, one in generators.items()
    }
    seconds = measured(generators, batch)
    return [
        Row(
            name=name,
            variant=VARIANTS[name],
            steps=configs[name].steps.total,
            parameters=sum(parameter.numel() for parameter in one.model.parameters()),
            loss_rgb=figures[name]["loss_rgb"],
            loss_hoi=figures[name].get("loss_hoi"),
            recall_hand=figures[name].get("router/recall/hand"),
            recall_head=figures[name].get("router/recall/head"),
            router_accuracy=figures[name].get("router/accuracy"),
            flops=flops[name] / flops[BASELINE],
            flops_paper=large[name] / large[BASELINE],
            seconds=seconds[name] / seconds[BASELINE],
        )
        for name, one in generators.items()
    ]


def _figures(run: Path, model: Transformer, batches: list[Batch], config: TrainConfig) -> dict[str, float]:
    """Looked at in the stage that the run ended in; also written beside it."""
    figures = held_out_figures(model, batches, stage=_last_stage(config), levels=config.watch.validation_levels)
    write_text(run / HELD_OUT, json.dumps(figures, indent=2) + "\n")
    return figures


def _generator(model: Path, config: TrainConfig) -> Generator:
    loaded = load_saved(model).eval()
    keeps_hoi = loaded.config.hoi and _last_stage(config) is Stage.JOINT
    return Generator(loaded, Stage.JOINT if keeps_hoi else None)


def _last_stage(config: TrainConfig) -> Stage:
    return config.steps.stage(config.steps.total - 1)


def _held_out(data: LightningDataModule) -> list[Batch]:
    """All held-out batches. They are few: the ablation is made for small data."""
    data.setup("validate")
    batches: list[Batch] = list(data.val_dataloader())
    data.teardown("validate")
    if not batches:
        raise TrainingError(
            "the ablation compares models on held-out samples: name their split as data.validation.split"
        )
    return batches


def _finished(run: Path, config: TrainConfig) -> bool:
    """Whether a run is trained to its end.

    Raises:
        RunFolderError: it has other settings.
    """
    if not (run / MODEL).exists():
        return False
    there, asked = read_config(run / CONFIG).deciding(), config.deciding()
    changed = sorted(key for key in there.keys() | asked.keys() if there.get(key) != asked.get(key))
    if changed:
        raise RunFolderError(
            f"{run} was trained with other settings ({', '.join(changed)}): remove it, or give another --output"
        )
    return True
