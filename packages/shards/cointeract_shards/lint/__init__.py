"""Checks shards against the sample contract, and names every violation by sample and rule."""

from __future__ import annotations

from cointeract_shards.lint import cache_rules, media_rules, record_rules, set_rules, track_rules
from cointeract_shards.lint.registry import describe_rules
from cointeract_shards.lint.report import Abstention, LintReport, Violation
from cointeract_shards.lint.run import lint

RULE_MODULES = (record_rules, track_rules, media_rules, cache_rules, set_rules)
"""Modules whose import registers their rules."""

__all__ = ["RULE_MODULES", "Abstention", "LintReport", "Violation", "describe_rules", "lint"]
