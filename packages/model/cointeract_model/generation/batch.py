"""Many videos from a CSV of the released demo's form, one for each row.

Columns: `person_image`, `audio`, `prompt`, then `prompt2`, `prompt3` and so on for the clips after the first, `product_image`, and,
as in the trainer's CSV, `scale`. The trainer's other columns, which hold what is to be learned, are passed over, so that held-out samples
of `cointeract export` can be generated. Paths are relative to the CSV's folder unless another one is given.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cointeract_model.generation.errors import GenerationError
from cointeract_model.generation.generate import Result, generate
from cointeract_model.generation.parts import Parts
from cointeract_model.generation.pictures import load_picture
from cointeract_model.generation.prepare import prepare
from cointeract_model.generation.progress import GenerationProgress
from cointeract_model.generation.record import SUFFIX, Outputs
from cointeract_model.generation.request import Request
from cointeract_model.generation.sound import load_sound
from cointeract_shards.csv_format import COLUMNS as TRAINER_COLUMNS

PERSON, PRODUCT, AUDIO, SCALE, POSE = "person_image", "product_image", "audio", "scale", "pose_video"
REQUIRED = (PERSON, AUDIO, "prompt")
PROMPT = re.compile(r"prompt([2-9]|[1-9]\d+)?")

NAME_DIGITS = 4
SHOWN_PROBLEMS = 20
SURPLUS = "\0surplus"
"""Key under which the reader keeps cells beyond the last column."""


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        number: from 1, not counting the header.
        request: what it asks for.
    """

    number: int
    request: Request

    @property
    def name(self) -> str:
        """File name of its video: `0001.mp4`."""
        return f"{self.number:0{NAME_DIGITS}}{SUFFIX}"


def read_rows(path: Path, root: Path | None = None) -> list[Row]:
    """All rows, with every file of theirs opened and decoded.

    Args:
        path: the CSV, UTF-8.
        root: folder that relative paths start from; None is the CSV's own.

    Raises:
        GenerationError: not such a CSV, or rows that can't be made; each problem names its row and column.
    """
    table = _read(path)
    rows, problems = [], []
    for number, cells in enumerate(table, start=1):
        found, wrong = _row(cells, root or path.parent)
        problems += [f"row {number}, {problem}" for problem in wrong]
        if found is not None:
            rows.append(Row(number, found))
    if problems:
        more = f"\nand {len(problems) - SHOWN_PROBLEMS} more" if len(problems) > SHOWN_PROBLEMS else ""
        raise GenerationError(f"{path}: nothing was generated\n" + "\n".join(problems[:SHOWN_PROBLEMS]) + more)
    if not rows:
        raise GenerationError(f"{path} has a header and no rows")
    return rows


def generate_batch(
    rows: Sequence[Row],
    folder: Path,
    parts: Parts,
    progress: GenerationProgress,
    *,
    overwrite: bool = False,
    ignore_memory: bool = False,
) -> list[Result]:
    """Make the video of each row in `folder`; those that are finished aren't made again.

    Raises:
        GenerationError: as `generate` does; videos of earlier rows stay.
    """
    return [
        generate(
            prepare(row.request, parts.settings),
            Outputs(folder / row.name),
            parts,
            progress,
            overwrite=overwrite,
            ignore_memory=ignore_memory,
        )
        for row in rows
    ]


def _read(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        raise GenerationError(f"the batch is {str(path)!r}, but there is no such file")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restkey=SURPLUS, strict=True)
            columns = list(reader.fieldnames or [])
            _check_columns(columns, path)
            return list(reader)
    except (csv.Error, UnicodeDecodeError) as error:
        raise GenerationError(f"{path} isn't CSV in UTF-8: {error}") from error


def _check_columns(columns: list[str], path: Path) -> None:
    missing = [column for column in REQUIRED if column not in columns]
    twice = sorted({column for column in columns if columns.count(column) > 1})
    known = {*REQUIRED, PRODUCT, SCALE, POSE, *TRAINER_COLUMNS}
    unknown = [column for column in columns if column not in known and not PROMPT.fullmatch(column)]
    for what, which in (("lacks the columns", missing), ("has columns twice", twice), ("has unknown columns", unknown)):
        if which:
            raise GenerationError(
                f"{path} {what} {which}; expected are {', '.join(REQUIRED)}, and where wanted {PRODUCT}, {SCALE}, prompt2, prompt3 .."
            )


def _row(cells: Mapping[str, str], root: Path) -> tuple[Request | None, list[str]]:
    """What a row asks for, and what is wrong with it, beginning with the column."""
    problems: list[str] = []
    if SURPLUS in cells:
        return None, [f"column {len(cells)}: there are more cells than columns; quote prompts that hold commas"]
    if None in cells.values():
        return None, [f"column {next(c for c, v in cells.items() if v is None)}: the row ends before it"]

    def path_of(column: str, check: Callable[[Path], object], *, required: bool) -> Path | None:
        cell = cells.get(column, "").strip()
        if not cell:
            if required:
                problems.append(f"column {column}: it is empty")
            return None
        path = root / cell
        try:
            check(path)
        except GenerationError as error:
            problems.append(f"column {column}: {error}{_hint(path, cell)}")
        return path

    person = path_of(PERSON, lambda path: load_picture(path, "person"), required=True)
    product = path_of(PRODUCT, lambda path: load_picture(path, "product"), required=False)
    audio = path_of(AUDIO, lambda path: load_sound(path, loudness=None), required=True)
    if cells.get(POSE, "").strip():
        problems.append(f"column {POSE}: poses can't be followed by generation yet; leave the column out")
    prompts = _prompts(cells, problems)
    scale = _scale(cells.get(SCALE, "").strip(), problems)
    if problems or person is None or audio is None:
        return None, problems
    return Request(person, audio, prompts, product, scale), []


def _prompts(cells: Mapping[str, str], problems: list[str]) -> tuple[str, ...]:
    columns = sorted((c for c in cells if PROMPT.fullmatch(c)), key=lambda column: int(column[len("prompt") :] or 1))
    texts = [cells[column].strip() for column in columns]
    while len(texts) > 1 and not texts[-1]:
        texts.pop()  # the last one that is given holds on
    problems += [f"column {column}: it is empty" for column, text in zip(columns, texts, strict=False) if not text]
    return tuple(texts)


def _scale(cell: str, problems: list[str]) -> float:
    if not cell:
        return 1.0
    try:
        scale = float(cell)
    except ValueError:
        scale = float("nan")
    if not 0 < scale < float("inf"):
        problems.append(f"column {SCALE}: it is {cell!r}; give a positive number, or leave it empty for 1")
    return scale


def _hint(path: Path, cell: str) -> str:
    """The released demo's paths start from the folder in which its command runs."""
    return " (it is there from the current folder: give --root .)" if not path.exists() and Path(cell).exists() else ""
