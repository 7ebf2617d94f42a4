"""The numbers that the policy and the report see of how references were made."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cointeract_curation.core.stage import Score
    from cointeract_curation.stages.references.record import ReferenceRecord, ReferencesRecord


def references_scores(record: ReferencesRecord) -> dict[str, Score]:
    """All scores of a clip, each finite or None. docs/reference/references.md says what each means."""
    scores: dict[str, Score] = {}
    for name, reference in (("person", record.person), ("product", record.product)):
        scores |= {
            f"{name}_passed": reference.passed,
            f"{name}_frame": reference.frame,
            f"{name}_attempts": len(reference.attempts),
            f"{name}_margin": None if reference.kept is None else reference.attempts[reference.kept].margin,
            f"{name}_from_other_frames": _note(reference, "from_other_frames"),
            f"{name}_from_patches": _note(reference, "from_patches"),
        }
    scores["person_invented_area"] = _note(record.person, "invented_area")
    scores["product_hidden"] = _note(record.product, "hidden")
    scores["product_enlargement"] = _note(record.product, "enlargement")
    return scores


def _note(reference: ReferenceRecord, name: str) -> float | None:
    return None if reference.kept is None else reference.attempts[reference.kept].notes.get(name)
