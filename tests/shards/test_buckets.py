from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointeract_shards.boxes import box_tokens
from cointeract_shards.buckets import Bucket, contain, cover, nearest_bucket
from cointeract_shards.constants import TOKEN_PIXELS
from cointeract_shards.errors import ContractError

sides = st.integers(1, 4000)
buckets = st.builds(
    lambda rows, columns: Bucket(width=TOKEN_PIXELS * columns, height=TOKEN_PIXELS * rows),
    st.integers(1, 90),
    st.integers(1, 90),
)
PORTRAIT, LANDSCAPE = Bucket(width=240, height=416), Bucket(width=416, height=240)


def test_a_bucket_is_written_width_first() -> None:
    assert Bucket.parse("416x240") == LANDSCAPE
    assert str(LANDSCAPE) == "416x240"
    assert LANDSCAPE.cells == (30, 52)


@pytest.mark.parametrize("text", ["416", "416X240", "416x240x3", "-16x16", "a x b", ""])
def test_other_text_is_no_bucket(text: str) -> None:
    with pytest.raises(ContractError, match="such as 416x240"):
        Bucket.parse(text)


def test_sides_that_tokens_do_not_fill_are_refused_with_the_nearest_size() -> None:
    with pytest.raises(ContractError, match="nearest is 848x480"):
        Bucket.parse("854x480")


@given(sides, sides, buckets)
def test_what_covers_a_bucket_leaves_nothing_of_it_empty(width: int, height: int, bucket: Bucket) -> None:
    place = cover(width, height, bucket)
    assert place.scaled_width >= bucket.width
    assert place.scaled_height >= bucket.height
    assert bucket.width == place.scaled_width or bucket.height == place.scaled_height
    assert 0 <= place.left <= place.scaled_width - bucket.width
    assert 0 <= place.top <= place.scaled_height - bucket.height
    assert abs(2 * place.left - (place.scaled_width - bucket.width)) <= 1
    assert abs(2 * place.top - (place.scaled_height - bucket.height)) <= 1


@given(sides, sides, buckets)
def test_what_is_contained_in_a_bucket_lies_in_it_whole(width: int, height: int, bucket: Bucket) -> None:
    place = contain(width, height, bucket)
    assert place.left <= 0
    assert place.top <= 0
    assert place.scaled_width - place.left <= bucket.width
    assert place.scaled_height - place.top <= bucket.height


def test_a_box_marks_the_tokens_where_its_pixels_lie_in_the_bucket() -> None:
    place = cover(1280, 720, PORTRAIT)
    column, row = 5, 9
    centre = [(column + 0.5) * TOKEN_PIXELS + place.left, (row + 0.5) * TOKEN_PIXELS + place.top]
    x, y = centre[0] / place.scale, centre[1] / place.scale
    tokens = box_tokens((x - 1, y - 1, x + 1, y + 1), 2, (720, 1280), (416, 240))
    assert tokens.tolist() == [row * (240 // TOKEN_PIXELS) + column]


def test_the_bucket_of_the_nearest_aspect_is_chosen() -> None:
    assert nearest_bucket(720, 1280, [LANDSCAPE, PORTRAIT]) == PORTRAIT
    assert nearest_bucket(1280, 720, [PORTRAIT, LANDSCAPE]) == LANDSCAPE


def test_of_one_aspect_the_largest_that_needs_no_blowing_up_is_chosen() -> None:
    sizes = [Bucket(width=240, height=416), Bucket(width=480, height=832), Bucket(width=720, height=1248)]
    assert nearest_bucket(720, 1280, sizes) == sizes[2]
    assert nearest_bucket(540, 960, sizes) == sizes[1]
    assert nearest_bucket(90, 160, sizes) == sizes[0]


def test_no_buckets_are_an_error() -> None:
    with pytest.raises(ContractError, match="no bucket"):
        nearest_bucket(10, 10, [])
