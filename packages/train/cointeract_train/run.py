"""A training run: a folder that is made or gone on with, a model, data, and Lightning's trainer over both stages."""

from __future__ import annotations

import logging
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from lightning.pytorch import Callback, LightningDataModule, Trainer
from lightning.pytorch.utilities.exceptions import SIGTERMException

from cointeract_model.codecs.build import build_latent_codec
from cointeract_shards.atomic import write_text
from cointeract_train.callbacks.checkpoints import Checkpoints
from cointeract_train.callbacks.samples import Samples
from cointeract_train.callbacks.watch import DataWait, Watch
from cointeract_train.config import TrainConfig
from cointeract_train.data.module import ShardDataModule
from cointeract_train.errors import AgreedError, RecipeError
from cointeract_train.export import CONFIG, MODEL, export_module
from cointeract_train.loggers import build_loggers
from cointeract_train.module import TrainingModule
from cointeract_train.processes import Processes, find_processes
from cointeract_train.progress import Progress
from cointeract_train.recipe_file import config_text
from cointeract_train.resume import beginning
from cointeract_train.saving.interruption import StoppedError
from cointeract_train.saving.lock import only_run
from cointeract_train.sharding import take_weights
from cointeract_train.strategy import is_sharded, trainer_options
from cointeract_train.trainable import CPU, SHAPES, build_model


@dataclass(frozen=True)
class Result:
    """How a run ended."""

    run: Path
    step: int
    """Optimiser steps that were made in all."""
    steps: int
    """Of both stages."""
    model: Path | None
    """The exported model; None where the run was interrupted."""
    interrupted: bool
    first: bool
    """Whether this is the run's first process, which tells of it; others end quietly."""


def train(
    config: TrainConfig,
    output: Path,
    progress: Progress,
    *,
    data: LightningDataModule | None = None,
    resume: str | None = None,
    max_steps: int | None = None,
) -> Result:
    """Train, from the beginning or from a saved state, and export the model.

    Args:
        config: the resolved recipe.
        output: folder of the run: settings, figures, samples, states, and in the end the model.
        progress: is told how it goes.
        data: gives batches of `Example`; None: the configured shards.
        resume: `auto`, the run's newest state, or the path of one; None: begin.
        max_steps: stop after so many optimiser steps of the whole run; its schedule stays that of all steps.

    Raises:
        RunFolderError: the folder holds a run and `resume` is None, or another run is using it.
        ResumeError: the state isn't this run's, or is damaged.
        SaveError: a state couldn't be saved; those before it are whole.
        NonFiniteError: a loss or gradient wasn't finite.
        DataError: the data can't be trained on as configured.
    """
    processes = find_processes(config.hardware)
    with only_run(output) if processes.first else nullcontext():
        return _train(config, output, progress, processes, data, resume, max_steps)


def _train(
    config: TrainConfig,
    output: Path,
    progress: Progress,
    processes: Processes,
    data: LightningDataModule | None,
    resume: str | None,
    max_steps: int | None,
) -> Result:
    checkpoint, step = beginning(output, resume, config) if processes.first else (None, 0)
    passes = _passes(config, processes)
    data = data or _shards(config, processes)
    module = _module(config, processes)
    if processes.first:
        write_text(output / CONFIG, config_text(config))
    checkpoints = Checkpoints(output, config.checkpoints, checkpoint)
    callbacks: list[Callback] = [Watch(config.watch.log_every, progress)]
    if config.watch.samples_every and config.data.validation.split is not None:
        codec = build_latent_codec(config.data.codecs.latents)
        callbacks.append(Samples(output, data, codec, config.watch))
    steps = config.steps.total if max_steps is None else min(max_steps, config.steps.total)
    validate = config.watch.validate_every * passes if config.data.validation.split is not None else 0
    with _quiet(processes):
        trainer = Trainer(
            **trainer_options(config.hardware, processes),
            max_steps=steps,
            max_epochs=-1,
            accumulate_grad_batches=passes,
            val_check_interval=validate or None,
            limit_val_batches=None if validate else 0,
            check_val_every_n_epoch=None,
            num_sanity_val_steps=0,
            inference_mode=False,
            logger=build_loggers(config, output, step) if processes.first else False,
            callbacks=[*callbacks, checkpoints],
            plugins=[processes.environment],
            profiler=DataWait(module.throughput),
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
            default_root_dir=output,
        )
        model, interrupted = None, False
        try:
            trainer.fit(module, data)
            model = output / MODEL
            export_module(module, model, replace=True, write=processes.first)
        except (StoppedError, SIGTERMException):  # the second one where a signal came before the first step
            interrupted = True
        except AgreedError:
            if processes.first:
                raise
        except BaseException:
            if trainer.strategy.launcher is not None:  # the processes that it started would wait for this one
                trainer.strategy.launcher.kill(signal.SIGKILL)
            raise
        finally:
            data.teardown("fit")  # which the trainer does only after runs that end well
    return Result(output, trainer.global_step, config.steps.total, model, interrupted, processes.first)


def _module(config: TrainConfig, processes: Processes) -> TrainingModule:
    """The model to train; where it is to be shared out the first process holds its weights apart, and others have none."""
    if not is_sharded(config.hardware):
        model, weights = build_model(config, CPU), None
    elif processes.first:
        model = build_model(config, CPU)
        weights = take_weights(model)
    else:
        model, weights = build_model(config, SHAPES), None
    if model.config.heads % processes.sharing:
        raise RecipeError(
            f"hardware.sequence_parallel is {processes.sharing}, which doesn't divide the model's {model.config.heads} heads"
        )
    return TrainingModule(model, config, weights=weights)


def _shards(config: TrainConfig, processes: Processes) -> ShardDataModule:
    """The configured data. All steps are one epoch to Lightning: what it does between epochs has no place in a run of steps."""
    data = config.data.model_copy(update={"steps_per_epoch": config.steps.total})
    return ShardDataModule(data, rank=processes.data_rank, ranks=processes.data_ranks)


def _passes(config: TrainConfig, processes: Processes) -> int:
    """Forward and backward passes of an optimiser step in each process."""
    try:
        return config.data.accumulation(processes.data_ranks)
    except ValueError as error:
        raise RecipeError(str(error)) from error


@contextmanager
def _quiet(processes: Processes) -> Iterator[None]:
    """Without Lightning's advice on loaders and its lines about hardware: what matters is logged here, by the first process."""
    names = ["lightning.pytorch", "lightning.fabric", *([] if processes.first else ["cointeract_train"])]
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"lightning\..*")
            # FSDP2's advice on results that are views: nothing is changed in place.
            warnings.filterwarnings("ignore", message="FSDP2-wrapped module")
            # Rotations stay as they are in compiled blocks.
            warnings.filterwarnings("ignore", message="Torchinductor does not support code generation for complex")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
