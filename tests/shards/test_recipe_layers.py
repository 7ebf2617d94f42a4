"""Recipes on top of one another, and single settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from cointeract_shards.recipe_layers import RecipeLayerError, apply_override, merge, problems_of, read_layers

KEYS = st.sampled_from("abc")
MAPPINGS = st.recursive(
    st.dictionaries(KEYS, st.integers(0, 3), max_size=3),
    lambda inner: st.dictionaries(KEYS, st.integers(0, 3) | inner, max_size=3),
    max_leaves=8,
)


@given(MAPPINGS, MAPPINGS, MAPPINGS)
def test_layers_may_be_merged_in_any_grouping(low: Any, middle: Any, high: Any) -> None:
    if _shapes_agree(low, middle) and _shapes_agree(merge(low, middle), high) and _shapes_agree(middle, high):
        assert merge(merge(low, middle), high) == merge(low, merge(middle, high))


@given(MAPPINGS, MAPPINGS)
def test_a_layer_says_the_last_word_and_leaves_what_it_lies_on_as_it_was(base: Any, change: Any) -> None:
    before = repr(base)
    merged = merge(base, change)
    assert merge(merged, change) == merged
    assert repr(base) == before


def test_a_recipe_finds_what_it_extends_in_its_folder_and_in_the_library(tmp_path: Path) -> None:
    library, own = tmp_path / "library", tmp_path / "own"
    library.mkdir()
    own.mkdir()
    (library / "base.yaml").write_text("a: {x: 1, y: 2}\nb: 1\n")
    (own / "mine.yaml").write_text("extends: base\na: {y: 3}\n")
    (own / "mine_too.yaml").write_text("extends: mine\nb: 2\n")
    assert read_layers(own / "mine_too.yaml", ["a.x=[1, 2]", "c.d=text"], library=library) == {
        "a": {"x": [1, 2], "y": 3},
        "b": 2,
        "c": {"d": "text"},
    }
    with pytest.raises(RecipeLayerError, match=r"no recipe at .*base\.yaml, which .*mine\.yaml extends"):
        read_layers(own / "mine.yaml")


@pytest.mark.parametrize("override", ["a", "=3", "a.=1", "a.b.c=3", "a=["])
def test_a_setting_of_another_form_is_refused_with_its_words(override: str) -> None:
    with pytest.raises(RecipeLayerError) as raised:
        apply_override({"a": {"b": 1}}, override)
    assert repr(override) in str(raised.value)


class _Inner(BaseModel, extra="forbid"):
    width: int


class _Outer(BaseModel, extra="forbid"):
    inner: _Inner | None = None
    name: str


def test_all_problems_are_named_at_once_each_with_its_place() -> None:
    with pytest.raises(ValidationError) as raised:
        _Outer.model_validate({"inner": {"widht": 3, "width": "much"}})
    text = problems_of(raised.value, _Outer)
    assert "inner.widht isn't a setting; did you mean width?" in text
    assert "inner.width is 'much'" in text
    assert "name is missing" in text


def _shapes_agree(one: Any, other: Any) -> bool:
    """Whether no key is a mapping in one and a value in the other, where the order of merging does decide."""
    return all(
        isinstance(one[key], dict) == isinstance(other[key], dict)
        and (not isinstance(one[key], dict) or _shapes_agree(one[key], other[key]))
        for key in one.keys() & other.keys()
    )
