from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cointeract_curation.media.masks import decode_mask, encode_mask, make_masks
from cointeract_shards.object_masks import ObjectMasks


@given(arrays.arrays(bool, st.tuples(st.integers(1, 20), st.integers(1, 20))))
def test_a_mask_comes_back_from_its_code_and_an_empty_one_has_none(mask: np.ndarray) -> None:
    code = encode_mask(mask)
    assert (code is None) == (not mask.any())
    if code is not None:
        assert np.array_equal(decode_mask(code), mask)


def test_a_record_holds_one_code_for_each_frame() -> None:
    first = np.zeros((4, 6), bool)
    first[1:3, 2:5] = True
    record = make_masks([first, np.zeros_like(first)], (6, 4))
    again = ObjectMasks.from_bytes(record.to_bytes(), where="object_masks.json")
    assert again.masks[0] is not None
    assert np.array_equal(decode_mask(again.masks[0]), first)
    assert again.masks[1] is None
