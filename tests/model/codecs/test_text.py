from __future__ import annotations

import logging

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cointeract_model.codecs.errors import CodecInputError
from cointeract_model.codecs.hashed_text import HashedTextCodec, words_of
from cointeract_model.codecs.text_rows import pad_rows

CODEC = HashedTextCodec(dim=64)


def likeness(first: str, second: str) -> float:
    return float(torch.cosine_similarity(CODEC.encode(first).mean(0), CODEC.encode(second).mean(0), dim=0))


@pytest.mark.parametrize(
    ("sentence", "similar", "unrelated"),
    [
        (
            "A woman holds a red bottle in the right hand and smiles.",
            "Holding the red bottle in her right hand, a woman is smiling.",
            "Trucks drove along an empty coastal road under heavy rain.",
        ),
        (
            "The presenter opens a small cardboard box and lifts out a shoe.",
            "A presenter is opening the small box and lifting shoes out of it.",
            "Morning fog covers quiet mountains above a frozen lake.",
        ),
        ("主播右手拿着红色瓶子", "一位主播手里拿着一个红色的瓶子", "卡车在海边公路上行驶"),
    ],
)
def test_similar_sentences_are_closer_than_unrelated_ones(sentence: str, similar: str, unrelated: str) -> None:
    assert likeness(sentence, similar) > likeness(sentence, unrelated) + 0.3


def test_words_spelled_alike_are_near_and_others_are_not() -> None:
    words = {word: CODEC.encode(word)[0] for word in ("hold", "holding", "table")}
    near = torch.cosine_similarity(words["hold"], words["holding"], dim=0)
    assert near > torch.cosine_similarity(words["hold"], words["table"], dim=0) + 0.2


@settings(max_examples=50, deadline=None)
@given(prompt=st.text(max_size=200))
def test_a_prompt_has_a_row_for_each_word_and_the_end_and_always_the_same(prompt: str) -> None:
    rows = CODEC.encode(prompt)
    assert rows.shape == (len(words_of(prompt)) + 1, CODEC.dim)
    assert rows.dtype == torch.float32
    assert bool(rows.isfinite().all())
    assert torch.equal(rows, HashedTextCodec(dim=64).encode(prompt))


def test_rows_are_the_same_on_every_machine() -> None:
    rows = HashedTextCodec(dim=8).encode("a hand")
    assert rows[0, :2].tolist() == [0.31732386350631714, 0.0688367560505867]
    assert rows[1, :2].tolist() == [-0.20989373326301575, -0.7517296671867371]
    assert rows[2, :2].tolist() == [1.2151858806610107, 0.37194550037384033]


def test_order_matters() -> None:
    assert not torch.equal(CODEC.encode("bottle hand"), CODEC.encode("hand bottle"))
    assert not torch.equal(CODEC.encode("hand hand")[0], CODEC.encode("hand hand")[1])


def test_case_width_and_spaces_do_not_matter() -> None:
    assert torch.equal(CODEC.encode("Red  Bottle,"), CODEC.encode("red bottle\uff0c"))


def test_rows_are_of_about_unit_variance() -> None:
    rows = CODEC.encode("presenter opens small cardboard boxes slowly")
    assert float(rows.std()) == pytest.approx(1, abs=0.15)


def test_a_prompt_that_is_too_long_loses_its_end_and_the_log_says_how_much(caplog: pytest.LogCaptureFixture) -> None:
    prompt = "bottle " * 700
    with caplog.at_level(logging.WARNING):
        rows = CODEC.encode(prompt)
    assert rows.shape == (512, 64)
    assert "has 701 tokens; the last 189 are left out" in caplog.text
    assert torch.equal(rows[:511], HashedTextCodec(64, 1000).encode(prompt)[:511])


def test_padding_adds_zero_rows_after_the_end() -> None:
    prompts = [CODEC.encode("one two"), CODEC.encode("")]
    padded = pad_rows(prompts, 6)
    assert padded.shape == (2, 6, 64)
    for row, prompt in zip(padded, prompts, strict=True):
        assert torch.equal(row[: len(prompt)], prompt)
        assert not row[len(prompt) :].any()


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="rows of 4"):
        HashedTextCodec(dim=4)
    for prompts in ([], [torch.zeros(7, 64)], [torch.zeros(2, 64), torch.zeros(2, 32)]):
        with pytest.raises(CodecInputError, match="prompts have the shapes"):
            pad_rows(prompts, 6)
