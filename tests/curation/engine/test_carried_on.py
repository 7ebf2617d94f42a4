"""A unit that people accept against a rule goes through all stages; the rule's verdict stays."""

from __future__ import annotations

from pathlib import Path

from cointeract_curation.core.fingerprint import Lineage
from cointeract_curation.core.open_store import open_store
from cointeract_curation.core.outcome import AttemptLimits
from cointeract_curation.core.policy import Policy, Rule
from cointeract_curation.core.standing import Register, State
from cointeract_curation.engine.guard import ProcessGuard
from cointeract_curation.engine.report import StageState
from cointeract_curation.engine.worker import ChainWorker
from tests.curation.engine import toy_stages
from tests.curation.engine.toy_stages import clip

CHAIN = ("measure", "double")


def test_it_is_worked_on_and_stays_rejected(tmp_path: Path) -> None:
    stages, store = toy_stages.toy_stages(tmp_path), open_store(str(tmp_path / "data"))
    policy = Policy({"large": Rule(score="measure.value", max=5, message="too large")})
    carried, other = clip(10), clip(20)
    carried_on = frozenset({carried.unit_id})
    worker = ChainWorker(stages, CHAIN, store, policy, AttemptLimits(), "run-1", ProcessGuard(), {}, carried_on)
    reports = {unit.unit_id: worker.process(unit) for unit in (carried, other)}
    worker.close()
    assert [item.state for item in reports[carried.unit_id].stages] == [StageState.DONE, StageState.DONE]
    assert [item.state for item in reports[other.unit_id].stages] == [StageState.REJECTED]
    register = Register(store, Lineage(stages), policy, AttemptLimits(), carried_on=carried_on)
    standing = register.standing(carried, CHAIN)
    assert (standing.state, standing.stage, set(standing.outcomes)) == (State.REJECTED, "measure", set(CHAIN))
    assert set(register.standing(other, CHAIN).outcomes) == {"measure"}
    without = Register(store, Lineage(stages), policy, AttemptLimits()).standing(carried, CHAIN)
    assert set(without.outcomes) == {"measure"}, "a rejected unit's record doesn't show what was computed beyond"
