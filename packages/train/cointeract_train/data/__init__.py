"""From shards to examples: one global order, read by ranges, from caches or encoded on the fly, resumed exactly."""
