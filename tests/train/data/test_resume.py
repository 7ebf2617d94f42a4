"""Loaders: the same examples for any number of processes and workers, and from any position as in a straight run."""

from __future__ import annotations

import hashlib
import pickle
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from tests.train.data.samples import Kind, config_of, pack, sample_of
from tests.train.data.test_examples import tensors_of

from cointeract_train.data.codecs import caches_wanted
from cointeract_train.data.errors import ChangedDataError, DataError
from cointeract_train.data.loader import MicroBatches, Slices
from cointeract_train.data.module import ShardDataModule
from cointeract_train.data.stream import training_source
from cointeract_train.example import Batch, Example

Seen = tuple[str, int, str]
"""Key, seed, and digest of every bit of an example."""


def seen(example: Example) -> Seen:
    digest = hashlib.sha256(repr(example.conditions.product_scale).encode())
    for name, tensor in tensors_of(example).items():
        digest.update(name.encode() if tensor is None else name.encode() + tensor.numpy().tobytes())
    return example.key, example.seed, digest.hexdigest()


def module_of(root: Path, rank: int = 0, ranks: int = 1, **changes: object) -> ShardDataModule:
    module = ShardDataModule(config_of(root, **changes), rank=rank, ranks=ranks)
    module.setup("fit")
    return module


def endless(module: ShardDataModule) -> Iterator[Batch]:
    while True:
        yield from module.train_dataloader()


def take(module: ShardDataModule, count: int) -> list[list[Seen]]:
    batches = endless(module)
    return [[seen(example) for example in next(batches)] for _ in range(count)]


@pytest.fixture(scope="module")
def straight(dataset: Path) -> list[list[Seen]]:
    """Twelve global batches of four, three epochs of eleven samples and more, one micro batch each."""
    return take(module_of(dataset, micro_batch=4), 12)


def test_every_sample_comes_before_any_comes_a_third_time(straight: list[list[Seen]]) -> None:
    keys = Counter(key for batch in straight for key, _, _ in batch)
    assert len(keys) == 11
    assert len({seed for batch in straight for _, seed, _ in batch}) == 48


@pytest.mark.parametrize("position", range(9))
def test_resuming_at_any_position_equals_the_straight_run(
    dataset: Path, straight: list[list[Seen]], position: int
) -> None:
    before = module_of(dataset, micro_batch=4)
    take(before, position)
    after = module_of(dataset, micro_batch=4)
    after.load_state_dict(before.state_dict())
    assert take(after, 3) == straight[position : position + 3]


@pytest.mark.parametrize("position", [0, 3, 5])
def test_resuming_with_two_workers_equals_the_straight_run_without(
    dataset: Path, straight: list[list[Seen]], position: int
) -> None:
    before = module_of(dataset, micro_batch=4, workers=2)
    # What workers fetched ahead isn't counted.
    assert take(before, position) == straight[:position]
    after = module_of(dataset, micro_batch=4, workers=2)
    after.load_state_dict(before.state_dict())
    assert take(after, 4) == straight[position : position + 4]


@pytest.mark.parametrize(("ranks", "micro_batch", "workers"), [(2, 2, 0), (2, 1, 0), (4, 1, 0), (1, 1, 3), (2, 1, 2)])
def test_any_processes_and_workers_see_the_same_order(
    dataset: Path, straight: list[list[Seen]], ranks: int, micro_batch: int, workers: int
) -> None:
    modules = [module_of(dataset, rank, ranks, micro_batch=micro_batch, workers=workers) for rank in range(ranks)]
    passes = 4 // (ranks * micro_batch)
    dealt = [take(module, 3 * passes) for module in modules]
    in_order = [one for turn in range(3 * passes) for rank in range(ranks) for one in dealt[rank][turn]]
    assert in_order == [one for batch in straight[:3] for one in batch]


def test_a_run_goes_on_with_other_processes_and_passes(dataset: Path, straight: list[list[Seen]]) -> None:
    before = module_of(dataset, micro_batch=2)
    take(before, 4)
    states = []
    dealt = []
    for rank in range(2):
        after = module_of(dataset, rank, 2, micro_batch=1, workers=1)
        after.load_state_dict(before.state_dict())
        dealt.append(take(after, 4))
        states.append(after.state_dict())
    assert [one for turn in range(4) for rank in range(2) for one in dealt[rank][turn]] == [
        one for batch in straight[2:4] for one in batch
    ]
    assert states[0] == states[1]


def test_a_position_between_passes_that_no_longer_exist_is_refused(dataset: Path) -> None:
    before = module_of(dataset, micro_batch=1)
    take(before, 3)
    with pytest.raises(ChangedDataError, match=r"after 3 samples, which isn't a multiple of the 4 that 2 processes"):
        module_of(dataset, 0, 2, micro_batch=2).load_state_dict(before.state_dict())


def test_more_processes_than_shards_and_than_samples_of_a_bucket(tmp_path: Path) -> None:
    root = pack(tmp_path, [sample_of(f"sample-{number}") for number in range(3)], max_samples=3)
    dealt = [take(module_of(root, rank, 8, global_batch=8), 3) for rank in range(8)]
    keys = Counter(key for one in dealt for batch in one for key, _, _ in batch)
    assert keys == Counter({f"sample-{number}": 8 for number in range(3)})
    assert len({seed for one in dealt for batch in one for _, seed, _ in batch}) == 24


def test_what_is_sent_to_a_fresh_worker_gives_the_same_examples(dataset: Path, straight: list[list[Seen]]) -> None:
    config = config_of(dataset, micro_batch=4)
    source, plan = training_source(config, caches_wanted(config))
    sent = MicroBatches(source, plan, Slices(0, 1, 4, 1))
    assert [seen(example) for example in sent[0].examples] == straight[0]
    received = pickle.loads(pickle.dumps(sent))
    assert [seen(example) for example in received[1].examples] == straight[1]


def test_more_workers_than_samples(tmp_path: Path) -> None:
    root = pack(tmp_path, [sample_of("only")])
    module = module_of(root, global_batch=2, micro_batch=2, workers=4)
    assert [[key for key, _, _ in batch] for batch in take(module, 3)] == [["only", "only"]] * 3


def test_an_iteration_that_was_left_is_gone_on_with(dataset: Path, straight: list[list[Seen]]) -> None:
    module = module_of(dataset, micro_batch=4, workers=2, steps_per_epoch=5)
    found = []
    for batch in module.train_dataloader():
        found.append([seen(example) for example in batch])
        if len(found) == 2:
            break
    rest = [[seen(example) for example in batch] for batch in module.train_dataloader()]
    assert found + rest == straight[:5]


def test_an_epoch_of_lightning_has_the_stated_length(dataset: Path) -> None:
    assert len(module_of(dataset).train_dataloader()) == 11 // 4 * 4
    module = module_of(dataset, micro_batch=2, steps_per_epoch=3)
    assert len(module.train_dataloader()) == len(list(module.train_dataloader())) == 6


def test_loading_leaves_the_trainings_random_numbers_alone(dataset: Path) -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    take(module_of(dataset, workers=2), 2)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"seed": 1}, "data.seed was 0"),
        ({"global_batch": 8}, "data.global_batch was 4"),
        ({"window_shards": 3}, "data.window_shards was 2"),
        ({"dropouts": {"text": 0.5}}, r"data.dropouts was .*0.1"),
        ({"hoi": False}, "data.hoi was true"),
    ],
)
def test_a_state_of_another_order_or_other_draws_is_refused(
    dataset: Path, changes: dict[str, object], named: str
) -> None:
    state = module_of(dataset).state_dict()
    with pytest.raises(ChangedDataError, match=named):
        module_of(dataset, **changes).load_state_dict(state)


def test_a_state_of_a_changed_data_set_is_refused(tmp_path: Path) -> None:
    samples = [sample_of(f"sample-{number}") for number in range(4)]
    root = pack(tmp_path, samples)
    state = module_of(root).state_dict()
    module_of(pack(tmp_path, samples)).load_state_dict(state)
    pack(tmp_path, [*samples[:3], sample_of("sample-3", Kind(motion=False))])
    with pytest.raises(
        ChangedDataError, match=r"has changed since this run was saved: the fingerprint of split 'train'"
    ):
        module_of(root).load_state_dict(state)
    with pytest.raises(ChangedDataError, match=r"version 2, this package reads 1"):
        module_of(root).load_state_dict({**state, "version": 2})


def test_validation_is_the_same_each_time_and_for_any_processes(dataset: Path, tmp_path: Path) -> None:
    samples = [sample_of(f"held-{number}") for number in range(6)]
    root = pack(tmp_path, [sample_of("trained")], split="train")
    pack_beside(root, samples)
    settings = {"global_batch": 4, "validation": {"split": "test"}}
    module = module_of(root, micro_batch=4, **settings)
    first, second = ([[seen(example) for example in batch] for batch in module.val_dataloader()] for _ in range(2))
    assert first == second
    assert len(first) == len(module.val_dataloader()) == 2
    assert {key for batch in first for key, _, _ in batch} == {sample.key for sample in samples}
    take(module, 2)
    assert [[seen(example) for example in batch] for batch in module.val_dataloader()] == first
    halves = [list(module_of(root, rank, 2, micro_batch=2, seed=9, **settings).val_dataloader()) for rank in range(2)]
    merged = [[seen(example) for half in halves for example in half[turn]] for turn in range(2)]
    assert merged == first
    for batch in module.val_dataloader():
        assert all(example.conditions.motion is not None for example in batch)
    few = module_of(root, validation={"split": "test", "samples": 2})
    assert len({example.key for batch in few.val_dataloader() for example in batch}) == 2
    assert list(module_of(dataset).val_dataloader()) == []


def pack_beside(root: Path, samples: list) -> None:
    """Add held-out samples to a data set, without its manifest, which then speaks of one split only."""
    pack(root, samples, split="test")
    (root / "manifest.parquet").unlink()


def test_a_module_that_is_not_set_up_says_so(dataset: Path) -> None:
    with pytest.raises(DataError, match=r"call setup\(\) first"):
        ShardDataModule(config_of(dataset)).train_dataloader()
