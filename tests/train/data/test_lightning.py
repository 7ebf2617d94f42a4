"""The data module under Lightning's trainer: a stopped and resumed fit sees what a straight one sees."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import lightning.pytorch as pl
import pytest
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from tests.train.data.samples import config_of
from torch import Tensor, nn

from cointeract_train.data.errors import DataError
from cointeract_train.data.module import ShardDataModule
from cointeract_train.example import Batch


class Recorder(pl.LightningModule):
    """Notes the seed of every example, and has one parameter that depends on all of them."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))
        self.keys: list[tuple[str, int]] = []

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:  # noqa: ARG002
        return batch

    def training_step(self, batch: Batch) -> Tensor:
        self.keys += [(example.key, example.seed) for example in batch]
        targets = torch.stack([example.target.mean() for example in batch])
        return ((self.weight - targets) ** 2).mean()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


def fit(
    root: Path, folder: Path, steps: int, checkpoint: Path | None = None, *, workers: int
) -> tuple[Recorder, pl.Trainer]:
    module = Recorder()
    data = ShardDataModule(config_of(root, workers=workers, micro_batch=2, steps_per_epoch=3))
    trainer = pl.Trainer(
        accelerator="cpu",
        max_steps=steps,
        accumulate_grad_batches=2,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[ModelCheckpoint(folder, filename="{step}", every_n_train_steps=1, save_top_k=-1)],
        default_root_dir=folder,
    )
    trainer.fit(module, data, ckpt_path=checkpoint)
    return module, trainer


@pytest.mark.parametrize("workers", [0, 2])
def test_a_resumed_fit_sees_what_a_straight_one_sees(dataset: Path, tmp_path: Path, workers: int) -> None:
    straight, _ = fit(dataset, tmp_path, 7, workers=workers)
    assert len(straight.keys) == 7 * 4
    for step in (2, 3, 4):  # in the middle of Lightning's epoch, at its end, and after it
        resumed, trainer = fit(dataset, tmp_path / "again", 7, tmp_path / f"step={step}.ckpt", workers=workers)
        assert trainer.global_step == 7
        assert resumed.keys == straight.keys[step * 4 :]
        assert torch.equal(resumed.weight, straight.weight)


def test_no_reader_outlives_a_fit_and_the_data_goes_on_where_it_was(dataset: Path, tmp_path: Path) -> None:
    _, trainer = fit(dataset, tmp_path, 2, workers=2)
    assert multiprocessing.active_children() == []
    data: ShardDataModule = trainer.datamodule
    assert len(next(iter(data.train_dataloader()))) == 2
    assert data.state_dict()["samples"] == 2 * 4 + 2
    assert len(multiprocessing.active_children()) == 2
    data.teardown("fit")
    assert multiprocessing.active_children() == []


def test_a_trainer_of_other_passes_is_refused(dataset: Path, tmp_path: Path) -> None:
    data = ShardDataModule(config_of(dataset))
    trainer = pl.Trainer(accelerator="cpu", max_steps=1, logger=False, enable_checkpointing=False)
    with pytest.raises(DataError, match=r"give the trainer accumulate_grad_batches=4"):
        trainer.fit(Recorder(), data)
