"""Reference pictures of all kinds."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cointeract_model.generation.errors import GenerationError
from cointeract_model.generation.pictures import as_frame, contain, cover, load_picture

SIDES = st.integers(64, 300)
MULTIPLES = st.integers(4, 20).map(lambda count: 16 * count)


def saved(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


def corner(image: Image.Image) -> tuple[int, ...]:
    pixel = image.getpixel((0, 0))
    assert isinstance(pixel, tuple)
    return pixel


def test_transparency_is_laid_over_white_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    image = Image.new("RGBA", (70, 70), (200, 0, 0, 0))
    image.paste((200, 0, 0, 255), (20, 20, 50, 50))
    picture = load_picture(saved(tmp_path / "a.png", image), "product")
    assert corner(picture) == (255, 255, 255)
    assert picture.getpixel((30, 30)) == (200, 0, 0)
    assert "laid over white" in caplog.text


def test_an_opaque_alpha_channel_is_no_news(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert corner(load_picture(saved(tmp_path / "a.png", Image.new("RGBA", (70, 70), (9, 8, 7, 255))), "person")) == (
        9,
        8,
        7,
    )
    assert not caplog.text


def test_a_transparent_colour_of_a_palette_becomes_white(tmp_path: Path) -> None:
    image = Image.new("P", (70, 70), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    assert corner(load_picture(saved(tmp_path / "a.png", image, transparency=0), "product")) == (255, 255, 255)
    assert corner(load_picture(saved(tmp_path / "b.png", image), "product")) == (10, 20, 30)


@pytest.mark.parametrize(
    ("mode", "value", "expected"), [("L", 77, (77,) * 3), ("I;16", 257 * 90, (90,) * 3), ("1", 1, (255,) * 3)]
)
def test_grey_pictures_are_read(tmp_path: Path, mode: str, value: int, expected: tuple[int, ...]) -> None:
    assert corner(load_picture(saved(tmp_path / "a.png", Image.new(mode, (70, 80), value)), "person")) == expected


def test_a_cmyk_jpeg_is_read(tmp_path: Path) -> None:
    image = load_picture(saved(tmp_path / "a.jpg", Image.new("CMYK", (70, 70), (0, 0, 0, 0))), "person")
    assert min(corner(image)) > 250


def test_floating_point_pixels_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GenerationError, match="F pixels of unknown range"):
        load_picture(saved(tmp_path / "a.tiff", Image.new("F", (70, 70), 0.5)), "person")


def test_a_picture_is_turned_as_the_camera_was_held(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    image = Image.new("RGB", (100, 70), (0, 0, 0))
    image.paste((255, 255, 255), (0, 0, 50, 70))  # the left half is white
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned to the right: what is stored on the left belongs on top
    picture = load_picture(saved(tmp_path / "a.png", image, exif=exif), "person")
    assert picture.size == (70, 100)
    assert picture.getpixel((35, 10)) == (255, 255, 255)
    assert picture.getpixel((35, 90)) == (0, 0, 0)
    assert "turned upright" in caplog.text


def test_of_an_animation_the_first_frame_is_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    frames = [Image.new("RGB", (70, 70), colour) for colour in ((250, 0, 0), (0, 250, 0))]
    path = saved(tmp_path / "a.gif", frames[0], save_all=True, append_images=frames[1:])
    assert corner(load_picture(path, "person"))[0] > 240
    assert "has 2 frames; the first is used" in caplog.text


def test_bad_files_are_named(tmp_path: Path) -> None:
    whole = saved(
        tmp_path / "whole.png", Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 90, 3), np.uint8))
    )
    cut = tmp_path / "cut.png"
    cut.write_bytes(whole.read_bytes()[:5000])
    text = tmp_path / "text.png"
    text.write_text("not a picture")
    (tmp_path / "empty.png").touch()
    for name, message in (
        ("missing.png", "there is no such file"),
        ("cut.png", "doesn't decode as a picture"),
        ("text.png", "doesn't decode as a picture"),
        ("empty.png", "doesn't decode as a picture"),
        (".", "there is no such file"),
    ):
        with pytest.raises(GenerationError, match=f"product .*{message}"):
            load_picture(tmp_path / name, "product")


def test_a_picture_with_a_side_below_64_pixels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GenerationError, match="has 200x63 pixels: give at least 64"):
        load_picture(saved(tmp_path / "a.png", Image.new("RGB", (200, 63))), "person")


@given(SIDES, SIDES, MULTIPLES, MULTIPLES)
def test_the_person_fills_the_frame_and_keeps_proportions(width: int, height: int, rows: int, columns: int) -> None:
    image = Image.new("RGB", (width, height), (10, 20, 30))
    covered = cover(image, rows, columns)
    assert covered.size == (columns, rows)
    assert covered.getcolors() == [(rows * columns, (10, 20, 30))]  # nothing but the picture


@given(SIDES, SIDES, MULTIPLES, MULTIPLES)
def test_the_product_is_whole_and_in_the_middle_of_white(width: int, height: int, rows: int, columns: int) -> None:
    pixels = np.array(contain(Image.new("RGB", (width, height)), rows, columns))
    assert pixels.shape == (rows, columns, 3)
    inside = np.argwhere(pixels[..., 0] == 0)
    (top, left), (bottom, right) = inside.min(0), inside.max(0) + 1
    assert (bottom - top) * (right - left) == len(inside)
    assert abs(top - (rows - bottom)) <= 1
    assert abs(left - (columns - right)) <= 1
    assert rows == bottom - top or columns == right - left
    scale = min(rows / height, columns / width)
    assert abs((bottom - top) - height * scale) <= 1
    assert abs((right - left) - width * scale) <= 1


def test_the_middle_of_the_person_stays_in_the_middle() -> None:
    pixels = np.zeros((100, 300, 3), np.uint8)
    pixels[:, 140:160] = 255
    columns = np.flatnonzero(np.array(cover(Image.fromarray(pixels), 96, 96))[48, :, 0] > 128)
    assert abs(columns.mean() - 47.5) < 1


def test_black_is_minus_one_and_white_one() -> None:
    frame = as_frame(Image.new("RGB", (80, 64), (0, 255, 51)))
    assert tuple(frame.shape) == (1, 3, 1, 64, 80)
    assert [round(float(value), 6) for value in frame[0, :, 0, 0, 0]] == [-1.0, 1.0, -0.6]
