"""Fingerprints: what a stage's result depends on, as one short hash.

The fingerprint of a stage for a unit covers the stage's name and version, its own configuration, its model's revision, the
identity of the unit (the content of its source, never a path), what people drew on it, and the fingerprints of the stages it
requires. A result is found
again exactly when nothing that it depends on has changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from cointeract_curation.core.stage import Stage, StageConfig
from cointeract_curation.core.units import ClipUnit, FileUnit, SourceUnit, SpanUnit, UnitKind, source_of
from cointeract_shards import canonical_json

FINGERPRINT_HEX_DIGITS = 16

AnyUnit = FileUnit | SourceUnit | SpanUnit | ClipUnit
AnyStage = Stage[StageConfig]


@dataclass(frozen=True)
class ArtifactKey:
    """Where a stage's result for a unit lies: the folder ``<unit_id>/<stage>-<fingerprint>``."""

    unit_id: str
    stage: str
    fingerprint: str

    @property
    def folder(self) -> str:
        """Path below the artifacts' root."""
        return f"{self.unit_id}/{self.stage}-{self.fingerprint}"


@dataclass
class Lineage:
    """Computes the keys of results for a set of configured stages."""

    stages: Mapping[str, AnyStage]
    _facts: dict[str, str] = field(default_factory=dict)
    _upstream: dict[tuple[str, str], str] = field(default_factory=dict)
    # What is asked next is nearly always asked of the same unit.
    _current: AnyUnit | None = None
    _found: dict[str, str] = field(default_factory=dict)

    def key(self, stage: str, unit: AnyUnit) -> ArtifactKey:
        """The key of ``stage`` for ``unit``, or for the unit's source where the stage works on whole sources.

        Raises `KeyError` for a stage that is not configured, `TypeError` where the stage doesn't fit the unit.
        """
        target = self.target(stage, unit)
        return ArtifactKey(target.unit_id, stage, self.fingerprint(stage, target))

    def target(self, stage: str, unit: AnyUnit) -> AnyUnit:
        """The unit that ``stage`` works on, seen from ``unit``: itself, or the source it belongs to.

        A stage on spans, seen from a whole source, stands for all of the source's spans.
        """
        wanted = self.stages[stage].unit
        if wanted == unit.kind or (wanted == UnitKind.SPAN and unit.kind == UnitKind.SOURCE):
            return unit
        if wanted == UnitKind.SOURCE:
            return source_of(unit)
        raise TypeError(f"stage {stage} works on a {wanted}, not on the {unit.kind} {unit.unit_id}")

    def fingerprint(self, stage: str, unit: AnyUnit) -> str:
        """16 hexadecimal digits for ``stage`` on ``unit``."""
        if unit.kind == UnitKind.SOURCE:
            known = self._upstream.get((stage, unit.unit_id))
            if known is None:
                known = self._upstream[(stage, unit.unit_id)] = self._compute(stage, unit)
            return known
        if unit is not self._current:
            self._current, self._found = unit, {}
        if stage not in self._found:
            self._found[stage] = self._compute(stage, unit)
        return self._found[stage]

    def _compute(self, stage: str, unit: AnyUnit) -> str:
        inputs = {name: self.fingerprint(name, self.target(name, unit)) for name in self.stages[stage].requires}
        facts = {"stage": self._stage_facts(stage), "root": unit.root, "inputs": inputs}
        drawn = self.stages[stage].corrections.get(unit.unit_id)
        if drawn:
            facts["corrections"] = {part: sorted(boxes.items()) for part, boxes in drawn.items()}
        return hashlib.sha256(canonical_json.encode(facts)).hexdigest()[:FINGERPRINT_HEX_DIGITS]

    def _stage_facts(self, stage: str) -> str:
        """A hash over what is the same for every unit."""
        if stage not in self._facts:
            configured = self.stages[stage]
            facts = {
                "stage": stage,
                "version": configured.version,
                "config": configured.config.model_dump(mode="json"),
                "revision": configured.revision(),
            }
            self._facts[stage] = hashlib.sha256(canonical_json.encode(facts)).hexdigest()
        return self._facts[stage]
