"""Decisions: taken durably, folded, counted, exported. Their format is the contract's (`cointeract_shards.reviews`)."""
