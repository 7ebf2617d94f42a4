"""`make quality`: curation over rendered clips with exact truth and over real footage, in figures and in pictures.

    python -m tests.quality                    # everything
    python -m tests.quality --seed 8           # another studio
    python -m tests.quality --no-footage       # rendered clips alone
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

import numpy as np

from cointeract_curation.core.registry import STAGES
from cointeract_curation.core.stage import Score
from cointeract_curation.synth import SynthConfig, render_livestream
from tests.footage import REAL_FOOTAGE, ROOT
from tests.quality import worst
from tests.quality.clip_truth import ClipTruth, clip_truth
from tests.quality.curated import CuratedClip, curate_everything
from tests.quality.drawn import compare_drawn
from tests.quality.found import read_found
from tests.quality.measures import Counts, mean
from tests.quality.rendered import Measured, measure_clip
from tests.quality.report import Section, table_text, targets_text, write_page
from tests.quality.sheets import clip_sheet
from tests.quality.triplets import FAULTS, WHOLE, Subject, aucs, judge_all, read_subject

SEED = 7
"""Not among the seeds that the object network was trained on."""
EXEMPT = ("no product", "nobody", "two people", "leaving", "turned away")
"""Kinds of shot that the policy turns down or that show no product: measured, but no triplets to tell from broken ones."""
RIGHT_MASK = 0.7
"""Least overlap with the truth, over a clip, for its triplet to count as a good one. Where the mask lies on another thing, the triplet is
bad as it was made: its scores are listed, and say what validation makes of such a mistake."""


def main(arguments: list[str]) -> None:
    """Measure, and say what was measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality", description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "quality")
    parser.add_argument("--no-footage", action="store_true")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    folder: Path = options.output
    report = folder / "report"
    figures, sections = rendered_footage(folder / f"studio-{options.seed}", options.seed, report)
    if not options.no_footage and (REAL_FOOTAGE / "livestream.mp4").exists():
        more, section = real_footage(folder / "footage", report)
        figures |= more
        sections.append(section)
    write_page(report / "index.html", figures, sections)
    for section in sections:
        _say(table_text(section))
    _say(["", *targets_text(figures), "", f"Open {report / 'index.html'} in a browser: every clip, and the worst cases."])


def rendered_footage(folder: Path, seed: int, report: Path) -> tuple[dict[str, float], list[Section]]:
    """The studio of a seed: the figures that have targets, and a row for each clip."""
    truth_path = folder / "video" / "studio.truth.json"
    if not truth_path.exists():
        render_livestream(SynthConfig.studio(seed=seed), truth_path.parent)
    clips = curate_everything([truth_path.with_name("studio.mp4")], folder / "dataset")
    truths = [clip_truth(truth_path, clip.first, clip.frames) for clip in clips]
    measured = [measure_clip(read_found(clip), truth) for clip, truth in zip(clips, truths, strict=True)]
    section = Section(
        f"Rendered footage, seed {seed}",
        "A studio of one shot of each kind. Means over the frames in which the truth says something; no clip was left out.",
    )
    for clip, truth, found in zip(clips, truths, measured, strict=True):
        section.rows.append((truth.kind, row(found)))
        sheet = report / "rendered" / f"{truth.kind.replace(' ', '-')}.png"
        clip_sheet(clip, sheet)
        section.pictures.append(sheet)
    figures = overall_figures(measured)
    section.rows.append(("all", figures))
    cases = Section("Worst cases", "Green is true, red was found; hands: what is missing or lies elsewhere.")
    cases.pictures = worst.write_sheets(clips, truths, measured, report / "worst")
    judged, auc = triplets(clips, truths, measured)
    return figures | {"auc": auc}, [section, cases, judged, times(clips)]


def row(found: Measured) -> dict[str, float]:
    """One clip's figures."""
    recall = np.concatenate([found.frames[f"{side}_hand_recall"] for side in ("left", "right")])
    iou = np.concatenate([found.frames[f"{side}_hand_iou"] for side in ("left", "right")])
    false = np.concatenate([found.frames[f"{side}_hand_false"] for side in ("left", "right")])
    return {
        "body_iou": found.value("body_iou"),
        "object_iou": found.value("object_iou"),
        "joint_error": found.value("joint_error"),
        "hand_points": found.value("hand_point_error"),
        "jitter": found.value("jitter"),
        "face_iou": found.value("face_iou"),
        "face_recall": found.value("face_recall"),
        "hand_recall": mean(recall),
        "hand_iou": mean(iou),
        "hand_false": mean(false),
        "left_recall": found.value("left_hand_recall"),
        "right_recall": found.value("right_hand_recall"),
        "swaps": found.value("swaps"),
        "contact_f1": found.contact.f1,
    }


def overall_figures(measured: list[Measured]) -> dict[str, float]:
    """Over the frames of all clips together, so that no clip counts more than it shows."""
    contact = sum((found.contact for found in measured), Counts())
    pooled = Measured(
        "all",
        {name: np.concatenate([found.frames[name].ravel() for found in measured]) for name in measured[0].frames},
        contact,
    )
    return row(pooled)


def triplets(clips: list[CuratedClip], truths: list[ClipTruth], measured: list[Measured]) -> tuple[Section, float]:
    """Whole triplets against broken ones."""
    subjects: dict[str, Subject] = {}
    section = Section("Validation", "A triplet's score is that of its worst axis; AUC over whole and broken triplets.")
    mistaken: list[tuple[str, dict[str, float]]] = []
    for clip, truth, found in zip(clips, truths, measured, strict=True):
        if truth.kind in EXEMPT:
            continue
        if found.value("object_iou") < RIGHT_MASK:
            scores = {axis: _number(value) for axis, value in clip.scores("validate").items()}
            mistaken.append((f"wrong mask: {truth.kind}", scores))
        else:
            subjects[truth.kind] = read_subject(clip, person=truth.kind, product=truth.product or "")
    cases = judge_all(subjects)
    found_aucs = aucs(cases)
    section.rows = [(f"AUC {name}", {"auc": value}) for name, value in found_aucs.items()]
    for fault in (WHOLE, *FAULTS):
        some = [case for case in cases if case.fault == fault]
        axes = {axis: mean(np.array([_number(case.axes[axis]) for case in some])) for axis in (some[0].axes if some else ())}
        section.rows.append((fault, {"overall": mean(np.array([case.overall for case in some])), **axes}))
    for case in cases:
        if case.fault == WHOLE:
            section.rows.append((f"  {case.clip}", {"overall": case.overall} | {k: _number(v) for k, v in case.axes.items()}))
    section.rows += mistaken
    return section, found_aucs["all"]


def _number(value: Score) -> float:
    return float(value) if isinstance(value, float | int) else float("nan")


def times(clips: list[CuratedClip]) -> Section:
    """Wall seconds of one worker for each clip and stage."""
    section = Section("Seconds a clip", "Wall time of one worker; other programs on the machine count in.")
    for stage in STAGES:
        seconds = [clip.seconds(stage) for clip in clips if stage in clip.standing.outcomes]
        if seconds:
            section.rows.append((stage, {"mean": float(np.mean(seconds)), "most": float(np.max(seconds))}))
    return section


def real_footage(folder: Path, report: Path) -> tuple[dict[str, float], Section]:
    """The real livestream: outlines drawn by hand, and a sheet of each clip."""
    clips = curate_everything([REAL_FOOTAGE / "livestream.mp4"], folder / "dataset")
    compared = compare_drawn(clips)
    section = Section("Real footage", "The object's mask against outlines drawn by hand in some frames; sheets of every clip.")
    for entry in compared:
        section.rows.append((f"frame {entry.clip.first + entry.frame} of the clip at {entry.clip.first}", {"object_iou": entry.iou}))
    average = mean(np.array([entry.iou for entry in compared]))
    section.rows.append(("all", {"object_iou": average}))
    for clip in clips:
        sheet = report / "footage" / f"clip-{clip.first:05d}.png"
        clip_sheet(clip, sheet)
        section.pictures.append(sheet)
    return {"footage_object_iou": average}, section


def _say(lines: list[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
