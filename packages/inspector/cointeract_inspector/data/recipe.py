"""What a data set's configuration says of its making: the stages in their order, and the rules of the policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from cointeract_inspector.errors import InspectorError
from cointeract_shards import storage
from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.rules import Rule, read_rules

RECIPE = "recipe"
NOT_STAGES = frozenset({"name", "description", "policy", "pack", "engine", "attempts"})
LAST_BEFORE_CLIPS = "split"
"""Stages up to this one work on files and sources, those after it on clips."""


@dataclass(frozen=True)
class StoredRecipe:
    """Of a data set that curation made; empty for one that was only packed."""

    name: str = ""
    stages: tuple[str, ...] = ()
    """All stages, in the order they run."""
    rules: Mapping[str, Rule] = field(default_factory=dict)
    """Rules on clips, in the order they are applied."""

    @property
    def clip_stages(self) -> tuple[str, ...]:
        """Stages that work on clips."""
        if LAST_BEFORE_CLIPS not in self.stages:
            return self.stages
        return self.stages[self.stages.index(LAST_BEFORE_CLIPS) + 1 :]


def read_recipe(dataset: storage.Location) -> StoredRecipe:
    """The recipe in `dataset.yaml`, empty where there is no such file or it states none.

    Raises:
        InspectorError: the file isn't YAML with keys.
        RuleError: a rule of its policy can't be read.
    """
    location = storage.join(dataset, DatasetLayout.CONFIG_NAME)
    if not storage.exists(location):
        return StoredRecipe()
    try:
        content = yaml.safe_load(storage.read_bytes(location))
    except yaml.YAMLError as error:
        raise InspectorError(f"{location} is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise InspectorError(f"{location} holds a {type(content).__name__}, not keys and values; restore it")
    recipe = content.get(RECIPE)
    if not isinstance(recipe, dict):
        return StoredRecipe()
    stages = tuple(str(key) for key in recipe if key not in NOT_STAGES)
    stored = StoredRecipe(str(recipe.get("name", "")), stages)
    rules = read_rules(recipe, str(location))
    ordered = {name: rule for stage in stored.clip_stages for name, rule in rules.items() if rule.applied_at == stage}
    return StoredRecipe(stored.name, stages, ordered)
