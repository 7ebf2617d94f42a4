"""What settings are refused, and what follows from the model."""

from __future__ import annotations

import pytest

from cointeract_model.generation.errors import GenerationError
from cointeract_model.generation.settings import SIZES, build_settings, parse_size
from cointeract_model.switches import Switches, paper, release


def test_an_unknown_key_is_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(GenerationError, match=r"mine.yaml: step isn't a setting; did you mean steps\?"):
        build_settings({"step": 3}, "mine.yaml")


def test_an_unknown_key_of_a_codec_is_refused() -> None:
    with pytest.raises(GenerationError, match=r"codecs\.text\.hashed-text\.size isn't a setting"):
        build_settings({"codecs": {"text": {"name": "hashed-text", "size": 3}}}, "x")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"height": 100}, "height is 100: input should be a multiple of 16"),
        ({"width": 48}, "width is 48: input should be greater than or equal to 64"),
        ({"steps": 0}, "steps is 0"),
        ({"solver": "heun"}, "solver is 'heun'"),
        ({"shift": 0}, "shift is 0"),
        ({"guidance_text": -1}, "guidance_text is -1"),
        ({"dtype": "float16"}, "dtype is 'float16'"),
        ({"base": "weights"}, "base is 'weights', but the tiny model has none"),
    ],
)
def test_a_value_that_cannot_be_is_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(GenerationError, match=message):
        build_settings(change, "x")


def test_all_problems_come_in_one_message() -> None:
    with pytest.raises(GenerationError, match=r"width is 8.*steps is 0"):
        build_settings({"steps": 0, "width": 8}, "x")


@pytest.mark.parametrize(
    ("switches", "shift", "guidance", "phase"), [(paper(), 5.0, 5.0, "aligned"), (release(), 7.0, 7.0, "release")]
)
def test_what_is_left_open_follows_from_the_switches(
    switches: Switches, shift: float, guidance: float, phase: str
) -> None:
    found = build_settings({}, "x").resolved(switches)
    assert (found.shift, found.guidance_text, found.guidance_audio, found.phase) == (shift, guidance, guidance, phase)


def test_what_is_set_stays() -> None:
    found = build_settings({"shift": 3, "guidance_audio": 0, "phase": "aligned"}, "x").resolved(release())
    assert (found.shift, found.guidance_text, found.guidance_audio, found.phase) == (3, 7, 0, "aligned")


def test_a_gpu_computes_in_bfloat16_and_a_cpu_in_float32() -> None:
    settings = build_settings({}, "x")
    assert (settings.placed(gpu=True).device, settings.placed(gpu=True).dtype) == ("cuda", "bfloat16")
    assert (settings.placed(gpu=False).device, settings.placed(gpu=False).dtype) == ("cpu", "float32")


@pytest.mark.parametrize("size", SIZES)
def test_the_usual_sizes_are_height_by_width(size: str) -> None:
    height, width = parse_size(size)
    assert f"{height}x{width}" == size
    assert build_settings({"height": height, "width": width}, "x").height == height


@pytest.mark.parametrize("size", ["832", "832x", "x480", "832*480", "832x480x3", "-832x480", "axb"])
def test_a_size_of_another_form_is_refused(size: str) -> None:
    with pytest.raises(GenerationError, match="isn't HEIGHTxWIDTH"):
        parse_size(size)


def test_the_tiny_model_is_quick_unless_it_is_told_otherwise() -> None:
    quick = build_settings({}, "settings")
    assert (quick.height, quick.width, quick.steps) == (192, 112, 8)
    told = build_settings({"height": 832, "steps": 40}, "settings")
    assert (told.height, told.width, told.steps) == (832, 112, 40)
    released = build_settings({"model": "weights"}, "settings")
    assert (released.height, released.width, released.steps) == (832, 480, 40)
