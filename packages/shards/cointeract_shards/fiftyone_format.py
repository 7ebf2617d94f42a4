"""Documents of FiftyOne's own format on disk (`fiftyone.types.FiftyOneDataset`, https://docs.voxel51.com/user_guide/export_datasets.html),
written without FiftyOne.

A clip is a group whose slices are its videos and pictures side by side; boxes are detections on the frames of the slice `rgb`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from cointeract_shards import members
from cointeract_shards.records import Box, Score, TrackPoint, Tracks

FORMAT_VERSION = "1.0.0"
"""FiftyOne brings documents of an older release up to date as it reads them, and refuses those of a newer one."""
GROUP = "group"
FRAME_LABELS = "boxes"
SLICES = {
    "rgb": (members.RGB, "video"),
    "hoi": (members.HOI, "video"),
    "motion": (members.MOTION, "video"),
    "person": (members.PERSON, "image"),
    "product": (members.PRODUCT, "image"),
}
"""Member and type of media by the name of a slice; the first one is shown in the grid."""
PARTS = ("face", "left_hand", "right_hand", "object")

Document = dict[str, Any]

_FIELDS = "fiftyone.core.fields"
_OBJECT_ID = f"{_FIELDS}.ObjectIdField"
_TEXT = f"{_FIELDS}.StringField"
_NUMBER = f"{_FIELDS}.FloatField"
_TRUTH = f"{_FIELDS}.BooleanField"
_LIST = f"{_FIELDS}.ListField"
_EMBEDDED = f"{_FIELDS}.EmbeddedDocumentField"
_DATE = f"{_FIELDS}.DateTimeField"
_ID_HEX_DIGITS = 24
_LONG_AGO = {"$date": "2000-01-01T00:00:00Z"}
"""FiftyOne replaces this by the moment of the import; a fixed one keeps equal data sets equal."""


def object_id(*parts: str) -> Document:
    """An identifier that follows from what it names."""
    return {"$oid": hashlib.sha256("\n".join(parts).encode()).hexdigest()[:_ID_HEX_DIGITS]}


def dataset_document(name: str, slices: Iterable[str], fields: Mapping[str, Score | tuple[str, ...]]) -> Document:
    """`metadata.json`.

    Args:
        name: of the data set.
        slices: that at least one clip has.
        fields: of samples, each with a value from which its type follows; text where it is null.
    """
    known = {"_media_type": _TEXT, "_dataset_id": _OBJECT_ID, "filepath": _TEXT, "_rand": _NUMBER}
    sample_fields = [_field("id", _OBJECT_ID, db_field="_id")]
    sample_fields += [_field(field, kind) for field, kind in known.items()]
    sample_fields += [
        _field("tags", _LIST, subfield=_TEXT),
        _field("metadata", _EMBEDDED, embedded="fiftyone.core.metadata.Metadata"),
        _field("created_at", _DATE),
        _field("last_modified_at", _DATE),
        _field(GROUP, _EMBEDDED, embedded="fiftyone.core.groups.Group"),
    ]
    sample_fields += [_typed(field, value) for field, value in fields.items()]
    frame_fields = [
        _field("id", _OBJECT_ID, db_field="_id"),
        _field("_sample_id", _OBJECT_ID),
        _field("_dataset_id", _OBJECT_ID),
        _field("frame_number", f"{_FIELDS}.FrameNumberField"),
        _field("created_at", _DATE),
        _field("last_modified_at", _DATE),
        _field(FRAME_LABELS, _EMBEDDED, embedded="fiftyone.core.labels.Detections"),
    ]
    return {
        "_id": object_id(name),
        "name": name,
        "version": FORMAT_VERSION,
        "media_type": GROUP,
        "group_field": GROUP,
        "group_media_types": {slice_name: SLICES[slice_name][1] for slice_name in slices},
        "default_group_slice": next(iter(SLICES)),
        "sample_fields": sample_fields,
        "frame_fields": frame_fields,
        "tags": [],
        "info": {},
        "persistent": False,
    }


def sample_document(
    dataset: str, clip: str, slice_name: str, path: str, fields: Mapping[str, Score | tuple[str, ...]]
) -> Document:
    """One slice of a clip, for `samples.json`. ``path`` is relative to the folder of the export."""
    _, kind = SLICES[slice_name]
    digest = hashlib.sha256(clip.encode()).digest()
    return {
        "_id": object_id(clip, slice_name),
        "filepath": path,
        "tags": [],
        "metadata": None,
        "_media_type": kind,
        "_rand": int.from_bytes(digest[:4], "big") / (1 << 32),
        "_dataset_id": object_id(dataset),
        "created_at": _LONG_AGO,
        "last_modified_at": _LONG_AGO,
        GROUP: {"_id": object_id(clip), "_cls": "Group", "name": slice_name},
        **{name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()},
    }


def frame_documents(dataset: str, clip: str, tracks: Tracks) -> Iterable[Document]:
    """Frames of a clip's slice `rgb` that have boxes, for `frames.json`. FiftyOne counts frames from 1, and gives boxes as left, top,
    width and height in shares of the picture."""
    for frame in range(tracks.frames):
        found = {part: getattr(tracks, part)[frame] for part in PARTS}
        detections = [
            _detection(clip, frame, part, point, point.box, tracks)
            for part, point in found.items()
            if point is not None and point.box is not None
        ]
        if detections:
            yield {
                "_id": object_id(clip, "rgb", str(frame)),
                "_sample_id": object_id(clip, "rgb"),
                "_dataset_id": object_id(dataset),
                "frame_number": frame + 1,
                "created_at": _LONG_AGO,
                "last_modified_at": _LONG_AGO,
                FRAME_LABELS: {"_cls": "Detections", "detections": detections},
            }


def _detection(clip: str, frame: int, part: str, point: TrackPoint, box: Box, tracks: Tracks) -> Document:
    x1, y1, x2, y2 = box
    return {
        "_id": object_id(clip, "rgb", str(frame), part),
        "_cls": "Detection",
        "attributes": {},
        "tags": ["interpolated"] if point.interpolated else [],
        "label": part,
        "bounding_box": [
            x1 / tracks.width,
            y1 / tracks.height,
            (x2 - x1) / tracks.width,
            (y2 - y1) / tracks.height,
        ],
        "confidence": point.score,
    }


def _typed(name: str, value: Score | tuple[str, ...]) -> Document:
    if isinstance(value, tuple):
        return _field(name, _LIST, subfield=_TEXT)
    if isinstance(value, bool):
        return _field(name, _TRUTH)
    return _field(name, _NUMBER if isinstance(value, int | float) else _TEXT)


def _field(
    name: str, kind: str, *, embedded: str | None = None, subfield: str | None = None, db_field: str | None = None
) -> Document:
    return {
        "name": name,
        "ftype": kind,
        "embedded_doc_type": embedded,
        "subfield": subfield,
        "fields": [],
        "db_field": db_field or name,
        "description": None,
        "info": None,
        "read_only": False,
    }
