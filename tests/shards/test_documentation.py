from __future__ import annotations

import re
from pathlib import Path

from cointeract_shards.lint import describe_rules
from cointeract_shards.manifest_columns import FIXED_COLUMNS
from cointeract_shards.records import Meta

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "sample.md"


def test_the_reference_page_names_every_rule_with_its_description() -> None:
    text = PAGE.read_text()
    for name, summary in describe_rules().items():
        row = re.search(rf"^\| `{name}` \| (.*) \|$", text, re.MULTILINE)
        assert row is not None, name
        assert row[1].replace("`", "") == summary


def test_the_reference_page_names_every_field_and_column() -> None:
    words = set(re.findall(r"`([a-z_0-9]+)`", PAGE.read_text()))
    assert set(Meta.model_fields) - words == set()
    assert set(FIXED_COLUMNS) - words == set()
