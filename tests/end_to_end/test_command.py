"""What the command says to a person and to a script."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.command import QUICK, curate, run, run_json, start

COMMANDS = ["plan", "curate", "status", "requeue", "pack", "lint", "export", "synth", "doctor"]


@pytest.fixture(scope="module")
def dataset(livestream: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("command") / "dataset"
    curate([livestream], output)
    return output


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(command: str) -> None:
    assert f"Example: cointeract {command}" in " ".join(run(command, "--help").split())


def test_light_commands_import_no_heavy_library() -> None:
    code = (
        "import sys, cointeract.cli as c; c.app(['--help'], standalone_mode=False); "
        "print(sorted({'torch', 'ray', 'cv2', 'mediapipe', 'av'} & set(sys.modules)))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip().endswith("[]")


def test_every_window_lies_in_one_true_shot_and_the_shards_are_clean(dataset: Path, livestream: Path) -> None:
    from cointeract_shards.manifest import read_manifest

    truth = json.loads(next(livestream.parent.glob("*.truth.json")).read_text())
    shots = [(shot["start_frame"], shot["end_frame"]) for shot in truth["shots"]]
    rows = read_manifest(dataset / "manifest.parquet")
    for row in rows:
        first, end = row.first_frame - row.motion_frames, row.first_frame + row.frames
        assert any(start <= first and end <= stop for start, stop in shots)
    assert run_json("lint", dataset)["violations"] == []


def test_the_shot_without_a_person_is_rejected_for_that_reason(dataset: Path, livestream: Path) -> None:
    from cointeract_shards.manifest import read_manifest

    truth = json.loads(next(livestream.parent.glob("*.truth.json")).read_text())
    empty = [(shot["start_frame"], shot["end_frame"]) for shot in truth["shots"] if not shot["person"]]
    inside = [
        row for row in read_manifest(dataset / "manifest.parquet") if any(a <= row.first_frame < b for a, b in empty)
    ]
    assert inside
    assert {row.rule for row in inside} == {"no_person"}


def test_the_manifest_tells_scores_and_reasons(dataset: Path) -> None:
    status = run_json("status", dataset)
    assert status["pending"] == 0
    assert status["quarantined"] == []
    assert (
        sum(status["counts"]["clips"].values())
        == sum(status["rejected"].values()) + status["counts"]["clips"]["accepted"]
    )


def test_the_report_opens_without_a_network(dataset: Path) -> None:
    page = (dataset / "report" / "index.html").read_text()
    assert "no_person" in page
    assert 'src="http' not in page
    assert 'href="http' not in page


def test_export_and_import_give_the_same_shards_back(dataset: Path, tmp_path: Path) -> None:
    run("export", dataset, "--format", "cointeract-csv", "--output", tmp_path / "csv")
    assert (tmp_path / "csv" / "data.csv").is_file()
    run("curate", tmp_path / "csv", "--output", tmp_path / "again")
    for shard in sorted((dataset / "shards").rglob("*.tar")):
        assert (tmp_path / "again" / shard.relative_to(dataset)).read_bytes() == shard.read_bytes()


def test_packing_again_with_other_settings_runs_no_stage(dataset: Path) -> None:
    before = run_json("pack", dataset)
    assert not before["written"]
    after = run_json("pack", dataset, "--set", "pack.max_samples=1")
    assert after["written"]
    assert len(list((dataset / "shards").rglob("*.tar"))) == after["samples"]
    assert run_json("lint", dataset)["violations"] == []
    run("pack", dataset, "--set", "pack.max_samples=512")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["curate", "/no/such/video.mp4", "--output", "{tmp}/out"], "/no/such/video.mp4 doesn't exist"),
        (["curate", "{video}", "--output", "{tmp}/out", "--set", "people.strde=2"], "did you mean 'stride'"),
        (["curate", "{video}", "--output", "{tmp}/out", "--recipe", "nothing"], "no recipe"),
        (["curate", "{video}", "--output", "{tmp}/out", "--recipe", "paper"], "not part of this version"),
        (["curate", "{tmp}", "--output", "{tmp}/out"], "no video files"),
        (["curate", "{video}", "--output", "{video}"], "can't write to"),
        (["curate", "{video}", "--output", "{tmp}"], "not empty and not a data set"),
        (["status", "{tmp}"], "not a data set"),
        (["requeue", "{tmp}"], "not a data set"),
        (["lint", "{tmp}"], ""),
        (["export", "{tmp}", "--format", "coco", "--output", "{tmp}/x"], "cointeract-csv"),
    ],
)
def test_a_slip_of_the_user_ends_with_one_clear_line(
    arguments: list[str], says: str, livestream: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    filled = [argument.format(tmp=tmp_path, video=livestream) for argument in arguments]
    message = run(*filled, expect=2)
    assert says in " ".join(message.split())
    assert "Traceback" not in message
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_another_configuration_is_refused_until_it_is_asked_for(dataset: Path, livestream: Path) -> None:
    message = run("curate", livestream, "--output", dataset, *QUICK, "--set", "people.hand_margin=0.3", expect=2)
    assert "people.hand_margin: 0.06 -> 0.3" in " ".join(message.split())
    assert "--reconfigure" in message


def test_two_runs_into_one_output_do_not_meet(livestream: Path, tmp_path: Path) -> None:
    output = tmp_path / "dataset"
    first = start("curate", livestream, "--output", output, "--engine", "inprocess", *QUICK)
    while not (output / "dataset.yaml").exists() and first.poll() is None:
        pass
    message = run("curate", livestream, "--output", output, *QUICK, expect=2)
    assert f"process {first.pid}" in message
    first.communicate(timeout=200)
    assert first.returncode == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_a_read_only_output_is_refused(livestream: Path, tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    assert "can't" in run("curate", livestream, "--output", folder / "out", expect=2)
