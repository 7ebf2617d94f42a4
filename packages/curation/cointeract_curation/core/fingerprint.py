"""Fingerprints: what a stage's result depends on, as one short hash.

The fingerprint of a stage for a unit covers the stage's name and version, its own configuration, its model's revision, the
identity of the unit (the content of its source, never a path) and the fingerprints of the stages it requires. A result is found
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
    _own: dict[str, dict[str, object]] = field(default_factory=dict)
    _upstream: dict[tuple[str, str], str] = field(default_factory=dict)

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
        shared = unit.kind == UnitKind.SOURCE
        if shared and (known := self._upstream.get((stage, unit.unit_id))):
            return known
        inputs = {name: self.fingerprint(name, self.target(name, unit)) for name in self.stages[stage].requires}
        facts = canonical_json.encode({**self._facts(stage), "root": unit.root, "inputs": inputs})
        result = hashlib.sha256(facts).hexdigest()[:FINGERPRINT_HEX_DIGITS]
        if shared:
            self._upstream[(stage, unit.unit_id)] = result
        return result

    def _facts(self, stage: str) -> dict[str, object]:
        if stage not in self._own:
            configured = self.stages[stage]
            self._own[stage] = {
                "stage": stage,
                "version": configured.version,
                "config": configured.config.model_dump(mode="json"),
                "revision": configured.revision(),
            }
        return self._own[stage]
