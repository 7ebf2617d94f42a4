"""Whether the tensors of a checkpoint are those of a model: names, shapes, dtypes."""

from __future__ import annotations

from collections.abc import Mapping

from cointeract_model.checkpoints.errors import CheckpointError, listed
from cointeract_model.checkpoints.tensor_files import DTYPES, StoredTensor

Shape = tuple[int, ...]


def check_tensors(
    expected: Mapping[str, Shape], found: Mapping[str, StoredTensor], where: object, *, hint: str = ""
) -> None:
    """Refuse tensors that aren't those expected.

    Args:
        expected: shapes by name, in the checkpoint's own naming.
        found: what it holds.
        where: the checkpoint, for the message.
        hint: what to do about it, for the message.

    Raises:
        CheckpointError: naming what is missing, unexpected, of another shape, or of a dtype that weights don't have.
    """
    shared = [name for name in expected if name in found]
    shapes = [
        f"{name} {list(found[name].shape)} (expected {list(expected[name])})"
        for name in shared
        if found[name].shape != expected[name]
    ]
    dtypes = [f"{name} ({found[name].dtype})" for name in shared if found[name].dtype not in DTYPES]
    problems = [
        f"{len(items):,} {what}: {listed(items)}"
        for what, items in (
            ("missing", sorted(expected.keys() - found.keys())),
            ("unexpected", sorted(found.keys() - expected.keys())),
            ("of another shape", shapes),
            (f"of another dtype than {', '.join(DTYPES)}", dtypes),
        )
        if items
    ]
    if problems:
        raise CheckpointError(
            f"{where} doesn't fit the model; tensors {'; '.join(problems)}" + (f". {hint}" if hint else "")
        )
