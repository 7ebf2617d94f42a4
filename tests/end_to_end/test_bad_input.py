"""A folder with every kind of bad file: the run ends, each file has its reason, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.curation import bad_inputs
from tests.curation.bad_inputs import make_bad_inputs
from tests.end_to_end.command import run, run_json

# The rules on sources as in the embedded recipe; nobody is in this footage, so clips are only cut.
RECIPE = """
name: sources-only
shots: {backend: pyscenedetect}
# The footage counts in black and white blocks, which jump like a cut whenever a high digit turns.
split: {adaptive_threshold: 1000}
cut: {}
policy:
  truncated: {score: probe.readable_share, min: 1.0, message: the file promises frames that it does not hold}
  changing_size: {score: probe.size_changes, max: 0, message: the picture changes its size on the way}
  absurd_rate: {score: probe.rate, min: 10, max: 240, message: the frame rate is not that of a camera}
  interlaced: {score: probe.interlaced, max: 0, message: the video is interlaced}
  no_audio: {score: probe.audio_streams, min: 1, message: there is no sound}
  too_short: {score: probe.frames_25, min: 81, message: the video is shorter than one window of 81 frames}
  no_window: {score: split.windows, min: 1, message: no shot is long enough for a window}
"""
RULE = {
    bad_inputs.TRUNCATED: "truncated",
    bad_inputs.NO_AUDIO: "no_audio",
    bad_inputs.ONE_FRAME: "no_audio",
    bad_inputs.CHANGING_SIZE: "changing_size",
    bad_inputs.ABSURD_RATE: "absurd_rate",
    bad_inputs.INTERLACED: "interlaced",
}


@pytest.fixture(scope="module")
def bad_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], dict[str, dict[str, object]], Path]:
    folder = tmp_path_factory.mktemp("bad")
    expected = make_bad_inputs(folder / "videos")
    recipe = folder / "recipe.yaml"
    recipe.write_text(RECIPE)
    output = folder / "dataset"
    run("curate", folder / "videos", "--output", output, "--recipe", recipe, "--engine", "inprocess", "--workers", "2")
    rows = {Path(row["path"]).name: row for row in pq.read_table(output / "sources.parquet").to_pylist()}
    return expected, rows, output


def test_every_file_has_a_row(bad_run: tuple[dict[str, str], dict[str, dict[str, object]], Path]) -> None:
    expected, rows, _ = bad_run
    assert set(rows) == set(expected)


def test_every_file_ends_as_it_should_with_a_reason(
    bad_run: tuple[dict[str, str], dict[str, dict[str, object]], Path],
) -> None:
    expected, rows, _ = bad_run
    wrong = {}
    for name, keyword in expected.items():
        row = rows[name]
        if keyword == bad_inputs.UNUSABLE:
            right = row["status"] == "quarantined" and bool(row["reason"]) and row["error_type"] == "UnusableInputError"
        elif keyword == bad_inputs.FINE:
            right = row["status"] == "accepted" or (row["status"] == "duplicate" and bool(row["duplicate_of"]))
        else:
            right = row["status"] == "rejected" and row["rule"] == RULE[keyword] and bool(row["reason"])
        if not right:
            wrong[name] = (keyword, row["status"], row["rule"], row["reason"])
    assert wrong == {}


def test_the_sums_match_and_nothing_is_left_half_written(
    bad_run: tuple[dict[str, str], dict[str, dict[str, object]], Path],
) -> None:
    expected, rows, output = bad_run
    counts = run_json("status", output)["counts"]
    assert sum(counts["files"].values()) == len(expected)
    assert sum(row["status"] != "duplicate" and row["sha256"] is not None for row in rows.values()) == sum(
        counts["sources"].values()
    )
    assert counts["clips"].get("accepted", 0) == sum(counts["clips"].values()) > 0
    assert list(output.rglob("?*.tmp")) == []
    assert list((output / "artifacts" / ".tmp").iterdir()) == []
    for folder in output.glob("artifacts/*/*"):
        if folder.is_dir() and not folder.name.endswith(".attempts"):
            assert (folder / "outcome.json").is_file(), folder


def test_requeue_gives_the_unusable_another_chance(
    bad_run: tuple[dict[str, str], dict[str, dict[str, object]], Path],
) -> None:
    _, _, output = bad_run
    before = run_json("status", output)
    some = before["quarantined"][0]["unit"]
    assert run_json("requeue", output, "--unit", some)["requeued"] == [some]
    after = run_json("status", output)
    assert after["pending"] == 1
    assert len(after["quarantined"]) == len(before["quarantined"]) - 1
    assert "not quarantined" in run("requeue", output, "--unit", "nobody", expect=2)
