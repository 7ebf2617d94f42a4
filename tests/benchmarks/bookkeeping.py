"""What bookkeeping costs: 100,000 outcomes, written by a script, become a ledger, a status, a manifest and a report.

Run with ``python -m tests.benchmarks.bookkeeping``. The store is made in one process and measured in a fresh one. A step in brackets
is what a second run over the same data set costs, and no part of the sum.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cointeract_curation.core.config import Recipe
from cointeract_curation.core.recipe_file import load_recipe
from cointeract_curation.core.stage import Score
from cointeract_curation.core.units import ClipUnit
from cointeract_shards import members
from tests.curation.report.made_up_dataset import MadeUpDataset

RECIPE = Path(__file__).parents[2] / "pipelines" / "cointeract" / "recipes" / "embedded.yaml"
OUTCOMES = 100_000
SOURCES = 500
STAGES_OF_A_CLIP = 3
FAILED_SHARE = 0.01
ACCEPTED_SHARE = 0.2
BUDGET_S = 60.0
BUDGET_GIB = 2.0
SEED = 1
# Contents stand for videos here: packing copies bytes, and copying is not what is measured.
TINY = {
    "cut": {members.RGB: b"rgb", members.MOTION: b"motion", members.AUDIO: b"audio", "cut.json": b"{}"},
    "quality": {"quality.json": b"{}"},
    "people": {members.TRACKS: b"{}", "landmarks.npz": b""},
}
CUT: dict[str, Score] = {"height": 1280, "width": 720, "frames": 81, "source_frames_used": 154, "duplicates": 0.0}
ResultT = TypeVar("ResultT")


def run(folder: Path, outcomes: int = OUTCOMES) -> list[str]:
    """Make a store below ``folder`` and measure it in a fresh process. Lines of the result."""
    root = folder / "bookkeeping"
    shutil.rmtree(root, ignore_errors=True)
    started = time.perf_counter()
    written = make(root, outcomes)
    lines = [f"{written:,} outcomes of clips, written by a script in {time.perf_counter() - started:.0f} s"]
    command = [sys.executable, "-m", "tests.benchmarks.bookkeeping", "--measure", str(root)]
    measured = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    shutil.rmtree(root)
    lines += [
        f"{step['name']:<42} {step['wall_s']:6.1f} s  ({step['cpu_s']:5.1f} s of CPU)  {step['peak_gib']:5.2f} GiB at most"
        for step in measured["steps"]
    ]
    verdict = "kept" if measured["total_s"] < BUDGET_S and measured["peak_gib"] < BUDGET_GIB else "broken"
    lines.append(
        f"together {measured['total_s']:.1f} s ({measured['cpu_s']:.1f} s of CPU) and {measured['peak_gib']:.2f} GiB; "
        f"the budget of {BUDGET_S:.0f} s and {BUDGET_GIB:.0f} GiB is {verdict}"
    )
    return lines


def main() -> None:
    """Print the result of a run, or, with ``--measure``, measure a store that is there and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outcomes", type=int, default=OUTCOMES)
    parser.add_argument("--measure", type=Path, help="measure the data set that lies here")
    arguments = parser.parse_args()
    if arguments.measure:
        sys.stdout.write(json.dumps(measure(arguments.measure)) + "\n")
        return
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write("\n".join(run(Path(folder), arguments.outcomes)) + "\n")


def make(root: Path, outcomes: int) -> int:
    """Write a data set with at least ``outcomes`` outcomes of clips; returns how many there are."""
    made = MadeUpDataset(root, _recipe())
    made.dataset.prepare(made.recipe, reconfigure=False)
    generator = random.Random(SEED)
    windows = -(-outcomes // (STAGES_OF_A_CLIP * SOURCES)) + 1
    written = 0
    for number in range(SOURCES):
        for clip in made.accepted_source(f"/videos/day-{number % 30:02d}/stream-{number:04d}.mp4", windows):
            written += _finish_clip(made, clip, generator)
    return written


def _finish_clip(made: MadeUpDataset, clip: ClipUnit, generator: random.Random) -> int:
    scores = _scores(generator, accepted=generator.random() < ACCEPTED_SHARE)
    failing = "people" if generator.random() < FAILED_SHARE else ""
    done = 0
    for stage, values in scores.items():
        if stage == failing:
            made.fail(stage, clip, f"frame {generator.randrange(81)} has no picture")
            break
        # A tenth of a kilobyte of digests as in a real outcome, and the bytes that they belong to.
        files = {name: hashlib.sha256(clip.unit_id.encode() + data).digest() for name, data in TINY[stage].items()}
        made.finish(stage, clip, values, files, seconds=generator.lognormvariate(0, 0.5))
        done += 1
    return done


def _scores(generator: random.Random, *, accepted: bool) -> dict[str, dict[str, Score]]:
    """As many scores as the stages report, the decisive ones on the right side of every bound where ``accepted``."""
    share, spread = generator.random, generator.gauss
    quality: dict[str, Score] = {
        name: abs(spread(0.02, 0.01))
        for name in ("camera_motion", "motion_local", "motion_p95", "text_share", "black_share", "frozen_share")
    }
    quality |= {name: spread(200, 60) for name in ("luminance_p05", "luminance_p95", "sharpness", "sharpness_min")}
    quality |= {name: share() for name in ("speech_longest_s", "speech_probability")}
    quality |= {"nsfw_max": None, "overlay_boxes": generator.randrange(5), "peak_dbfs": spread(-8, 3)}
    quality |= {"camera_shake": 0.001, "clipping_share": 0.0, "contrast": spread(60, 8), "black_run": 0}
    quality |= {"frozen_run": 0, "loudness_lufs": spread(-24, 3), "luminance_mean": spread(128, 20)}
    quality |= {"motion_mean": 0.01 + 0.05 * share(), "overlay_share": 0.0, "sharpness_detail": 350 + 100 * share()}
    quality |= {"speech_share": 0.5 + share() / 2 if accepted else share()}
    low = 0.9 if accepted else 0.0
    people: dict[str, Score] = {
        name: low + (1 - low) * share() for name in ("face_share", "hand_share", "left_hand_share", "right_hand_share")
    }
    people |= {name: share() for name in ("body_share", "both_hands_share", "second_look_share", "other_hands_share")}
    people |= {name: share() for name in ("left_hand_box_share", "right_hand_box_share", "face_height_share")}
    people |= {"face_height_px": spread(220, 30), "face_sharpness": share(), "hand_sharpness": share()}
    people |= {"frames_looked_at": 41, "hand_labels_corrected": 0, "hand_side_switches": 0, "most_faces": 1}
    people |= {
        "overlay_on_face": 0.0,
        "overlay_on_face_max": 0.0,
        "overlay_on_hands": 0.0,
        "overlay_on_hands_max": None,
    }
    people |= {"persons": 1 if accepted else 1 + generator.randrange(2), "person_share": 1.0}
    cut = CUT | {"audio_coverage": 1.0, "bits_per_pixel": spread(0.05, 0.005), "encoded_bits_per_pixel": 0.16}
    return {"cut": cut, "quality": quality, "people": people}


def measure(root: Path) -> dict[str, object]:
    """Read, count, pack and report: seconds and peak memory of each, and of all that one run does together."""
    from cointeract_curation.pack import pack
    from cointeract_curation.report import write_report
    from cointeract_curation.reviewed import select
    from cointeract_curation.tables import write_tables

    made = MadeUpDataset(root, _recipe())
    steps: list[dict[str, float | str]] = []

    def timed(name: str, work: Callable[[], ResultT]) -> ResultT:
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        steps.append({"name": name, "wall_s": wall, "cpu_s": cpu, "peak_gib": peak})
        return result

    ledger = timed("read the ledger", made.read)
    timed("check sums, count for the status", lambda: (ledger.check_sums(), ledger.counts()))
    timed("tables", lambda: write_tables(made.dataset, ledger))
    packing = (made.dataset, made.store, made.stages, made.recipe, ledger)
    selection = timed("what is packed, by ledger and reviews", lambda: select(made.dataset, made.recipe, ledger))
    timed("manifest, and shards of tiny samples", lambda: pack(*packing, selection))
    timed("report", lambda: write_report(*packing))
    total = {key: sum(float(step[key]) for step in steps) for key in ("wall_s", "cpu_s")}
    timed("(manifest again, with shards up to date)", lambda: pack(*packing, selection))
    timed("(report again, up to date)", lambda: write_report(*packing))
    return {
        "counts": ledger.counts(),
        "steps": steps,
        "total_s": total["wall_s"],
        "cpu_s": total["cpu_s"],
        "peak_gib": max(float(step["peak_gib"]) for step in steps),
    }


def _recipe() -> Recipe:
    return load_recipe(RECIPE)


if __name__ == "__main__":
    main()
