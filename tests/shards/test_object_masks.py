from __future__ import annotations

import pytest

from cointeract_shards.errors import RecordError, SchemaVersionError
from cointeract_shards.object_masks import ObjectMasks, RunLength

CODE = RunLength(size=(4, 6), counts="52203")


def test_masks_read_back_as_they_were_written() -> None:
    masks = ObjectMasks(width=6, height=4, frames=2, masks=(CODE, None))
    assert ObjectMasks.from_bytes(masks.to_bytes(), where="clip") == masks


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"masks": (CODE,)}, "1 masks for 2 frames"),
        ({"width": 8}, "frame 0 is of 6x4 pixels, the video has 8x4"),
        ({"masks": (None, {"size": [4, 6]})}, "counts"),
    ],
)
def test_masks_that_do_not_fit_their_video_are_refused(change: dict[str, object], says: str) -> None:
    fields: dict[str, object] = {"width": 6, "height": 4, "frames": 2, "masks": (CODE, None)}
    with pytest.raises(ValueError, match=says):
        ObjectMasks.model_validate(fields | change)


def test_a_list_without_a_version_is_told_with_its_place() -> None:
    with pytest.raises((RecordError, SchemaVersionError), match=r"clip-1/object_masks\.json"):
        ObjectMasks.from_bytes(b"[]\n", where="clip-1/object_masks.json")
