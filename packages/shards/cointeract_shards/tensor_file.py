"""Named tensors and one JSON record in a safetensors file, as numpy arrays.

Equal content gives equal bytes: the record is one string of metadata, since the library doesn't keep several in order. Reading copies
nothing; numpy has no bfloat16, so tensors stored so are read as float32.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cointeract_shards import canonical_json
from cointeract_shards.errors import CacheError

Floats = NDArray[np.float16] | NDArray[np.float32]
StoredDtype = Literal["float16", "bfloat16", "float32"]

RECORD = "cointeract"
"""The key of the record in the file's metadata."""

METADATA = "__metadata__"
HEADER_LENGTH = struct.Struct("<Q")
BFLOAT16_SHIFT = 16
"""Bits that float32 has and bfloat16 hasn't, all of the fraction."""

_BYTES: dict[StoredDtype, int] = {"float16": 2, "bfloat16": 2, "float32": 4}
_CODES: dict[str, StoredDtype] = {"F16": "float16", "BF16": "bfloat16", "F32": "float32"}


def write_tensors(tensors: Mapping[str, Floats], dtype: StoredDtype, record: bytes, *, where: str) -> bytes:
    """The file's bytes.

    Args:
        tensors: by name, finite.
        dtype: to store them in.
        record: JSON that belongs to them.
        where: what the file is, for the message.

    Raises:
        CacheError: a value isn't finite, or not in this dtype.
    """
    from safetensors import TensorSpec, serialize

    stored = {name: _to_stored(tensor, dtype, f"{where}: {name}") for name, tensor in tensors.items()}
    specifications = {
        name: TensorSpec(dtype=dtype, shape=array.shape, data_ptr=array.ctypes.data, data_len=array.nbytes)
        for name, array in stored.items()
    }
    return bytes(serialize(specifications, metadata={RECORD: record.decode()}))


def read_record(data: bytes, *, where: str) -> bytes:
    """The JSON record of a file that `write_tensors` wrote.

    Raises:
        CacheError: not such a file, or cut short.
    """
    header, _ = _header(data, where)
    metadata = header.get(METADATA)
    record = metadata.get(RECORD) if isinstance(metadata, dict) else None
    if not isinstance(record, str):
        raise CacheError(
            f"{where}: a safetensors file without the metadata {RECORD!r}, which says what made it; encode the sample again"
        )
    return record.encode()


def read_tensors(data: bytes, dtype: StoredDtype, *, where: str) -> dict[str, Floats]:
    """The tensors of a file, as views of its bytes, which can't be written to; those stored in bfloat16 as float32.

    Raises:
        CacheError: not such a file, cut short, or with a tensor of another dtype.
    """
    header, start = _header(data, where)
    tensors = {}
    for name, entry in header.items():
        if name != METADATA:
            tensors[name] = _tensor(data, start, entry, dtype, f"{where}: tensor {name}")
    return tensors


def _header(data: bytes, where: str) -> tuple[dict[str, Any], int]:
    """The file's header and where the tensors begin."""
    if len(data) < HEADER_LENGTH.size:
        raise CacheError(f"{where}: {len(data)} bytes are no safetensors file; encode the sample again")
    start = HEADER_LENGTH.size + HEADER_LENGTH.unpack_from(data)[0]
    if start > len(data):
        raise CacheError(
            f"{where}: no safetensors file, or cut short: {len(data)} bytes, and its header ends at byte {start}; encode the sample again"
        )
    header = canonical_json.decode(data[HEADER_LENGTH.size : start], where=where)
    if not isinstance(header, dict):
        raise CacheError(f"{where}: its header is a {type(header).__name__}, not an object; encode the sample again")
    return header, start


def _tensor(data: bytes, start: int, entry: Any, dtype: StoredDtype, where: str) -> Floats:
    try:
        found, shape, (begin, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
    except (TypeError, KeyError, ValueError) as error:
        raise CacheError(
            f"{where}: {entry!r} isn't how safetensors describe a tensor; encode the sample again"
        ) from error
    if _CODES.get(str(found)) != dtype:
        raise CacheError(f"{where} is stored as {found}, its record says {dtype}; encode the sample again")
    whole = all(isinstance(number, int) and number >= 0 for number in (*shape, begin, end))
    if not whole or end - begin != math.prod(shape) * _BYTES[dtype] or start + end > len(data):
        raise CacheError(
            f"{where} has the shape {shape} and bytes {begin} to {end} of {len(data) - start}: the file is cut short or damaged; "
            "encode the sample again"
        )
    count = math.prod(shape)
    if dtype == "bfloat16":
        high = np.frombuffer(data, np.uint16, count, start + begin).astype(np.uint32)
        return (high << BFLOAT16_SHIFT).view(np.float32).reshape(shape)
    return np.frombuffer(data, np.dtype(dtype), count, start + begin).reshape(shape)


def _to_stored(tensor: Floats, dtype: StoredDtype, where: str) -> NDArray[Any]:
    """The tensor as it is stored; bfloat16, rounded to nearest and even, as 16 bits each."""
    if not np.isfinite(tensor).all():
        raise CacheError(f"{where} holds NaN or infinity; look at the codec's weights and the sample's frames")
    if dtype != "bfloat16":
        largest = float(np.abs(tensor).max(initial=0))
        if largest > np.finfo(dtype).max:
            raise CacheError(f"{where} holds {largest:g}, too large for {dtype}; store bfloat16 or float32")
        return np.ascontiguousarray(tensor, dtype=dtype)
    bits = np.ascontiguousarray(tensor, dtype=np.float32).view(np.uint32)
    half = np.uint32((1 << (BFLOAT16_SHIFT - 1)) - 1)
    odd = (bits >> np.uint32(BFLOAT16_SHIFT)) & np.uint32(1)
    return ((bits + half + odd) >> np.uint32(BFLOAT16_SHIFT)).astype(np.uint16)
