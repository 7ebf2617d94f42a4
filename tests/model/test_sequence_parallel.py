"""Two processes that share every sequence give what one gives: outputs, and the sum of their gradients."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import distributed, multiprocessing

from cointeract_model.errors import ConfigurationError
from cointeract_model.switches import Stage, paper, release
from tests.model import two_processes
from tests.model.samples import Case, random_model

# An odd number of tokens in both streams (8x10 cells: 20 tokens a frame and 25 of motion), so that a share ends with
# padding, and the cut falls within a frame of the target.
ODD = {"width": 10, "frames": 3}
RUNS = {
    "joint": (paper(), [Case()], Stage.JOINT),
    "eq4": (paper(), [Case(**ODD)], Stage.ASYMMETRIC),
    "released": (release(), [Case(**ODD)], Stage.ASYMMETRIC),
    "rgb_only": (paper(), [Case(hoi=False, product=False)], Stage.ASYMMETRIC),
    "mixed": (paper(), [Case(**ODD), Case(motion=False, hoi=False, text_rows=3, **ODD)], Stage.JOINT),
    "one_cell_frames": (paper(), [Case(motion=False, height=2, width=2, frames=1)], Stage.ASYMMETRIC),
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("ulysses")
    multiprocessing.spawn(two_processes.run, args=(str(directory), RUNS), nprocs=two_processes.PROCESSES)
    return directory


@pytest.mark.parametrize("name", RUNS)
def test_two_processes_give_what_one_gives(name: str, shared: Path) -> None:
    switches, cases, stage = RUNS[name]
    alone = two_processes.step(random_model(switches), cases, stage)
    together = torch.load(shared / f"{name}.pt")
    assert together.keys() == alone.keys()
    for key, value in alone.items():
        error = (together[key] - value).norm()
        assert error <= 2e-5 * value.norm() + 1e-6, key


def test_heads_that_cannot_be_shared_evenly_are_refused(shared: Path) -> None:
    assert (shared / two_processes.REFUSAL).read_text().startswith("3 heads can't be shared evenly among 2 processes")


def test_sequences_are_shared_once(tmp_path: Path) -> None:
    distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/rendezvous", rank=0, world_size=1)
    try:
        group = distributed.group.WORLD
        model = random_model()
        model.share_sequences(group)
        with pytest.raises(ConfigurationError, match="shared already"):
            model.share_sequences(group)
    finally:
        distributed.destroy_process_group()
