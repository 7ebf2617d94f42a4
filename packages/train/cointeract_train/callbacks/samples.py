"""Every so many steps generates held-out clips, so that one sees what the model has learnt.

All processes take part, with the same clips, since none may hold the whole model or a whole sequence, and none is to wait so long for
another that it gives up; the first one writes.
"""

from __future__ import annotations

from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from lightning.pytorch import Callback, LightningDataModule, LightningModule, Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from PIL import Image
from typing_extensions import override

from cointeract_model.codecs.protocols import LatentCodec
from cointeract_train.config import WatchSettings
from cointeract_train.example import Example
from cointeract_train.module import TrainingModule
from cointeract_train.sampling import SHEET, references, sampled_panels, write_sample
from cointeract_train.saving.together import gathered

FOLDER = "samples"


class Samples(Callback):
    """Writes a sheet and a video of each clip to `samples/step-<n>/`, and the sheet to TensorBoard.

    Args:
        run: folder of the run.
        data: whose held-out examples are taken, the same ones each time.
        codec: that decodes latents.
        settings: how many and how often.
    """

    def __init__(self, run: Path, data: LightningDataModule, codec: LatentCodec, settings: WatchSettings) -> None:
        self._run, self._data, self._codec, self._settings = run, data, codec, settings
        self._examples: list[Example] | None = None
        self._step = -1

    @override
    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._step = trainer.global_step

    @override
    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        step = trainer.global_step
        assert isinstance(pl_module, TrainingModule)
        if pl_module.pending or step == self._step:
            return
        self._step = step
        due = step % self._settings.samples_every == 0 or step == trainer.max_steps
        if due:
            with pl_module.throughput.paused(), trainer.precision_plugin.forward_context(), pl_module.averaged():
                self._write(trainer, pl_module, step)

    def _held_out(self, trainer: Trainer, sharing: int) -> list[Example]:
        """The same clips for all processes, a few from each of those that read different ones."""
        rank, ranks = trainer.global_rank // sharing, trainer.world_size // sharing
        wanted = self._settings.samples
        asked = -(-wanted // ranks) if rank < wanted and trainer.global_rank % sharing == 0 else 0
        own = list(islice(chain.from_iterable(self._data.val_dataloader()), asked)) if asked else []
        in_turn = chain.from_iterable(zip_longest(*gathered(own)))
        by_key = {example.key: example for example in in_turn if example is not None}
        return list(by_key.values())[:wanted]

    def _write(self, trainer: Trainer, module: TrainingModule, step: int) -> None:
        if self._examples is None:
            self._examples = self._held_out(trainer, module.config.hardware.sequence_parallel)
        for example in self._examples:
            stacked = module.stacked([example])
            shown = sampled_panels(
                module.model, stacked, self._codec, steps=self._settings.sample_steps, stage=module.stage
            )
            if not trainer.is_global_zero:
                continue
            path = self._run / FOLDER / f"step-{step:08d}" / example.key
            write_sample(path, shown, references(stacked, self._codec))
            sheet = path.with_name(path.name + SHEET)
            for logger in trainer.loggers:
                if isinstance(logger, TensorBoardLogger):
                    picture = np.asarray(Image.open(sheet))
                    logger.experiment.add_image(f"held-out/{example.key}", picture, step, dataformats="HWC")
