"""Reviews: what people decided about samples, as append-only logs of events that merge by set union."""
