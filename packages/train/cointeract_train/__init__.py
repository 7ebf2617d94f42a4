"""Training on shards: data module, Lightning module, two stages, exact resume, evaluation."""
