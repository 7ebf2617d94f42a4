"""A data set in a bucket: the same run, the same bytes."""

from __future__ import annotations

import uuid
from pathlib import Path

import fsspec
import yaml

from cointeract_curation.core.config import build_recipe
from cointeract_curation.curate import curate
from cointeract_curation.inputs import find_files
from cointeract_curation.progress import LogProgress
from cointeract_curation.status import status
from cointeract_shards.lint import lint

RECIPE = """
name: remote
shots: {backend: pyscenedetect}
cut: {}
quality: {overlay: {samples: 2}}
people: {stride: 8}
engine: {kind: inprocess}
"""


def test_source_and_data_set_may_lie_in_a_bucket(livestream: Path, tmp_path: Path) -> None:
    bucket = f"memory://{uuid.uuid4().hex}"
    recipe = build_recipe(yaml.safe_load(RECIPE), "the test's recipe")
    with fsspec.open(f"{bucket}/videos/stream.mp4", "wb") as file:
        file.write(livestream.read_bytes())

    local = curate(find_files([str(livestream)]), str(tmp_path / "dataset"), recipe, LogProgress())
    remote = curate(find_files([f"{bucket}/videos"]), f"{bucket}/dataset", recipe, LogProgress())
    again = curate(find_files([f"{bucket}/videos"]), f"{bucket}/dataset", recipe, LogProgress())

    assert remote.ledger.counts() == local.ledger.counts()
    assert again.worked == 0
    assert status(f"{bucket}/dataset").pending == 0
    filesystem = fsspec.filesystem("memory")
    shards = sorted((tmp_path / "dataset" / "shards").rglob("*.tar"))
    assert shards
    for shard in shards:
        name = shard.relative_to(tmp_path / "dataset").as_posix()
        assert filesystem.cat_file(f"{bucket}/dataset/{name}") == shard.read_bytes()
    assert lint(f"{bucket}/dataset").violations == ()
