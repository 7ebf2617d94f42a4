"""A recipe: which stages run with which configuration, the policy, how results are packed, how the work is run.

A recipe is one YAML mapping. Its keys are the names of stages (a stage that isn't named doesn't run) and ``name``,
``description``, ``policy``, ``pack``, ``engine``, ``attempts``. Unknown keys are refused, with the nearest known one.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from cointeract_curation.core.catalog import BACKENDS, BackendState
from cointeract_curation.core.corrections import Corrections
from cointeract_curation.core.errors import ConfigurationError
from cointeract_curation.core.outcome import AttemptLimits
from cointeract_curation.core.policy import Policy, Rule
from cointeract_curation.core.registry import STAGES
from cointeract_curation.core.stage import StageConfig
from cointeract_shards.reviews.policy import ReviewPolicy


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PackConfig(_Section):
    """How accepted clips become shards."""

    max_samples: int = Field(default=512, ge=1, description="samples in a shard at most")
    max_bytes: int = Field(
        default=1_000_000_000, ge=1, description="bytes in a shard at most, unless one sample is larger"
    )
    held_out: float = Field(
        default=0.05, ge=0, lt=1, description="share of sources kept out of training, chosen by content hash"
    )
    held_out_sources: tuple[str, ...] = Field(default=(), description="ids of sources that are held out in any case")
    reviews: str | None = Field(
        default=None,
        description="policy by which people's reviews decide: any-reject, majority, unanimous, owner:NAME; null: they don't",
    )
    keep_stale_reviews: bool = Field(default=False, description="obey reviews of what a clip was before, too")

    @field_validator("reviews")
    @classmethod
    def _known_policy(cls, value: str | None) -> str | None:
        return value if value is None else str(ReviewPolicy.parse(value))


class EngineConfig(_Section):
    """How the work is run. Nothing here changes a result."""

    kind: Literal["ray", "inprocess"] = "ray"
    workers: int | None = Field(default=None, ge=1, description="workers for each CPU pool; null: one for each core")
    ray_address: str | None = Field(
        default=None, description="a running cluster's address, or `auto`; null: a cluster on this machine"
    )
    time_limits: dict[str, float] = Field(default_factory=dict, description="seconds for one unit, by stage")
    memory_gb: float | None = Field(default=None, gt=0, description="memory to plan with; null: what the machine has")


class PlannedStage(StageConfig):
    """A stage, or a stage's backend, that this version doesn't run. Its settings are kept as they are written."""

    model_config = ConfigDict(frozen=True, extra="allow")

    backend: str


class _Fixed(_Section):
    name: str
    description: str = ""
    policy: dict[str, Rule | None] = Field(default_factory=dict)
    pack: PackConfig = PackConfig()
    engine: EngineConfig = EngineConfig()
    attempts: AttemptLimits = AttemptLimits()


@dataclass(frozen=True)
class Recipe:
    """A resolved recipe: everything that decides what a run makes."""

    name: str
    description: str
    stages: Mapping[str, StageConfig]
    policy: Policy
    pack: PackConfig
    engine: EngineConfig
    attempts: AttemptLimits
    corrections: Corrections = field(default_factory=Corrections)
    """What people said about single clips; it belongs to the data set, not to the recipe's file."""

    @property
    def runnable(self) -> tuple[str, ...]:
        """Stages that this version runs, in order."""
        return tuple(name for name in STAGES if name in self.stages and not self._planned(name))

    def _planned(self, stage: str) -> bool:
        return isinstance(self.stages[stage], PlannedStage)

    def to_mapping(self) -> dict[str, Any]:
        """The recipe with every default written out, as it is stored beside a result."""
        return {
            "name": self.name,
            "description": self.description,
            **{name: config.model_dump(mode="json") for name, config in self.stages.items()},
            "policy": {name: rule.model_dump(mode="json") for name, rule in self.policy.rules.items()},
            "pack": self.pack.model_dump(mode="json"),
            "engine": self.engine.model_dump(mode="json"),
            "attempts": self.attempts.model_dump(mode="json"),
        }


PLANNED_STAGES = tuple(dict.fromkeys(backend.stage for backend in BACKENDS if backend.stage not in STAGES))


def build_recipe(mapping: Mapping[str, Any], where: str) -> Recipe:
    """Check a mapping and fill in defaults. ``where`` names it in errors. Raises `ConfigurationError`."""
    fixed_keys = set(_Fixed.model_fields)
    known = [*fixed_keys, *STAGES, *PLANNED_STAGES]
    for key in mapping:
        if key not in known:
            raise ConfigurationError(f"{where}: unknown key {key!r}{_nearest(str(key), known)}")
    fixed = _validated(
        TypeAdapter(_Fixed), {key: value for key, value in mapping.items() if key in fixed_keys}, where, ""
    )
    stages: dict[str, StageConfig] = {}
    for name in STAGES:
        # Without these three there is nothing to work on, so a recipe needs to name them only to change them.
        if name in {"identify", "probe", "split"} or mapping.get(name, None) is not None:
            section = mapping.get(name) or {}
            _check_backend(name, section, where)
            model = PlannedStage if _is_planned(name, section) else STAGES[name].config_class()
            stages[name] = _validated(TypeAdapter(model), section, where, name)
    for name in PLANNED_STAGES:
        if mapping.get(name) is not None:
            _check_backend(name, mapping[name], where)
            stages[name] = _validated(TypeAdapter(PlannedStage), mapping[name], where, name)
    rules = {name: rule for name, rule in fixed.policy.items() if rule is not None}
    for name, rule in rules.items():
        if rule.stage not in stages:
            raise ConfigurationError(
                f"{where}: policy.{name} reads {rule.score}, but the recipe has no stage {rule.stage}"
            )
        if rule.applied_at not in stages or _order(rule.applied_at) < _order(rule.stage) or not _same_unit(rule):
            raise ConfigurationError(
                f"{where}: policy.{name} is applied at {rule.applied_at!r}; name a stage of the recipe on the same unit as {rule.stage}, "
                f"at or after it"
            )
    _check_short_windows(stages, rules, where)
    for name in fixed.engine.time_limits:
        if name not in stages:
            raise ConfigurationError(f"{where}: engine.time_limits names {name!r}{_nearest(name, list(stages))}")
    return Recipe(fixed.name, fixed.description, stages, Policy(rules), fixed.pack, fixed.engine, fixed.attempts)


def _is_planned(stage: str, section: object) -> bool:
    """Whether a section names a backend of its stage that this version doesn't have; the stage's own model can't know it."""
    if not isinstance(section, Mapping):
        return False
    return any(
        entry.stage == stage and entry.name == section.get("backend") and entry.state == BackendState.PLANNED
        for entry in BACKENDS
    )


def _order(stage: str) -> int:
    return [*STAGES, *PLANNED_STAGES].index(stage)


def _same_unit(rule: Rule) -> bool:
    """A rule can wait only for a stage that works on the same units."""
    first_on_clips = _order("cut")
    return (_order(rule.stage) >= first_on_clips) == (_order(rule.applied_at) >= first_on_clips)


def _check_short_windows(stages: Mapping[str, StageConfig], rules: Mapping[str, Rule], where: str) -> None:
    """Short windows are there to be measured; a recipe that asks for them must also turn them down."""
    split = stages["split"].model_dump()
    short, wanted = split["short_window_frames"], split["target_frames"]
    judged = any(rule.score == "cut.frames" and rule.min is not None and rule.min >= wanted for rule in rules.values())
    if short and "cut" in stages and not judged:
        raise ConfigurationError(
            f"{where}: split.short_window_frames is {short}, so the policy needs a rule on cut.frames with min: {wanted}; "
            "short windows are no training samples"
        )


def _check_backend(stage: str, section: object, where: str) -> None:
    """Refuse a backend that no version has, naming the nearest; the stage's own model knows only those that this version runs."""
    backend = section.get("backend") if isinstance(section, Mapping) else None
    names = [entry.name for entry in BACKENDS if entry.stage == stage]
    if backend is not None and backend not in names:
        raise ConfigurationError(f"{where}: {stage}.backend is {backend!r}{_nearest(str(backend), names)}")


def unavailable_reasons(recipe: Recipe) -> list[str]:
    """One line for each stage or backend that this version or this machine can't run, empty where all is well."""
    reasons = []
    for name, config in recipe.stages.items():
        backend = config.model_dump().get("backend")
        for entry in BACKENDS:
            if entry.stage == name and entry.name == backend and entry.state == BackendState.PLANNED:
                reasons.append(f"{name}: backend {backend} is not part of this version yet")
        if name not in STAGES and backend is None:
            reasons.append(f"{name}: this stage is not part of this version yet")
    return reasons


def _nearest(key: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(sorted(known))}"


def _validated(adapter: TypeAdapter[Any], value: Any, where: str, section: str) -> Any:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_explain(error, where, section))) from error


def _explain(error: ValidationError, where: str, section: str) -> list[str]:
    lines = []
    for item in error.errors():
        # Discriminated unions and nullable rules put the variant's name into the location; only real keys help a reader.
        location = [str(part) for part in item["loc"] if str(part) not in {"Rule", "none"}]
        path = ".".join([section, *location] if section else location)
        if item["type"] == "extra_forbidden":
            siblings = _siblings(section, item)
            lines.append(f"{where}: unknown key {path!r}{_nearest(location[-1], siblings) if siblings else ''}")
        else:
            lines.append(f"{where}: {path}: {item['msg']} (found {item['input']!r})")
    return lines


def _siblings(section: str, item: Any) -> list[str]:
    """Names of the keys that would have been allowed beside the unknown one."""
    sections: dict[str, type[BaseModel]] = {
        "pack": PackConfig,
        "engine": EngineConfig,
        "attempts": AttemptLimits,
        "policy": Rule,
    }
    model = STAGES[section].config_class() if section in STAGES else sections.get(str(item["loc"][0]))
    return list(model.model_fields) if model is not None else []
