from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cointeract_curation.core.errors import ConfigurationError
from cointeract_curation.core.policy import Policy, Rule


def rule(**settings: object) -> Rule:
    return Rule.model_validate({"score": "quality.luminance", "message": "too dark", "min": 10.0, **settings})


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_a_value_passes_exactly_when_it_lies_within_both_bounds(value: float, low: float, span: float) -> None:
    bounded = rule(min=low, max=low + span)
    assert (bounded.broken_bound(value) is None) == (low <= value <= low + span)


def test_the_bounds_themselves_pass() -> None:
    policy = Policy({"dark": rule(min=10, max=210)})
    assert policy.judge("quality", {"quality": {"luminance": 10}}) is None
    assert policy.judge("quality", {"quality": {"luminance": 210}}) is None


def test_a_rejection_names_rule_value_and_bound() -> None:
    rejection = Policy({"dark": rule()}).judge("quality", {"quality": {"luminance": 4.5}})
    assert rejection is not None
    assert (rejection.rule, rejection.value, rejection.threshold) == ("dark", 4.5, 10.0)
    assert "too dark" in str(rejection)
    assert "4.5" in str(rejection)


def test_rules_are_applied_in_order_and_only_to_their_stage() -> None:
    policy = Policy({"first": rule(min=50), "second": rule(min=100), "other": rule(score="people.face_share", min=1)})
    rejection = policy.judge("quality", {"quality": {"luminance": 1}})
    assert rejection is not None
    assert rejection.rule == "first"


def test_a_score_that_could_not_be_measured_rejects_unless_the_rule_lets_it_pass() -> None:
    rejection = Policy({"dark": rule()}).judge("quality", {"quality": {"luminance": None}})
    assert rejection is not None
    assert rejection.value is None
    assert Policy({"dark": rule(when_missing="pass")}).judge("quality", {"quality": {"luminance": None}}) is None


def test_a_truth_value_is_judged_as_zero_or_one() -> None:
    policy = Policy({"interlaced": rule(score="probe.interlaced", min=None, max=0)})
    assert policy.judge("probe", {"probe": {"interlaced": False}}) is None
    assert policy.judge("probe", {"probe": {"interlaced": True}}) is not None


def test_a_rule_on_a_score_that_does_not_exist_is_a_configuration_error_that_lists_what_there_is() -> None:
    with pytest.raises(ConfigurationError, match="it reports sharpness"):
        Policy({"dark": rule()}).judge("quality", {"quality": {"sharpness": 1.0}})


def test_a_rule_without_a_bound_is_refused() -> None:
    with pytest.raises(ValidationError, match="needs `min`, `max` or both"):
        rule(min=None)


def test_a_rule_can_wait_for_a_later_stage_so_that_another_reason_comes_first() -> None:
    policy = Policy(
        {"nobody": rule(score="people.persons", min=1), "still": rule(score="quality.motion", min=0.1, at="people")}
    )
    quality = {"motion": 0.0}
    assert policy.judge("quality", {"quality": quality}) is None
    nobody = policy.judge("people", {"quality": quality, "people": {"persons": 0}})
    still = policy.judge("people", {"quality": quality, "people": {"persons": 1}})
    assert (nobody and nobody.rule, still and still.rule) == ("nobody", "still")
