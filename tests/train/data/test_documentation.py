"""The reference page and the code say the same."""

from __future__ import annotations

import re
from pathlib import Path

from cointeract_train.data import errors
from cointeract_train.data.config import DataConfig

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "training-data.md").read_text()


def test_the_page_lists_every_field_of_the_configuration() -> None:
    table = PAGE.split("## Configuration")[1].split("## Order")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(DataConfig.model_fields)


def test_the_page_states_the_defaults() -> None:
    config = DataConfig(root="x")
    for name in (
        "manifest",
        "global_batch",
        "micro_batch",
        "window_shards",
        "on_the_fly",
        "verify",
        "workers",
        "prefetch",
    ):
        stated = re.search(rf"^\| `{name}` \| `?([^|`]*?)`? \|", PAGE, re.MULTILINE)
        assert stated is not None, name
        assert stated[1] == str(getattr(config, name)), name
    drops = config.dropouts
    assert f"text {drops.text}, audio {drops.audio}, motion {drops.motion}, pose {drops.pose}" in PAGE


def test_the_page_names_every_error() -> None:
    for name in ("DataError", "SampleError", "ChangedDataError"):
        assert f"`{name}`" in PAGE
        assert issubclass(getattr(errors, name), ValueError)
