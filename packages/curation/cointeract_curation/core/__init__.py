"""What every stage and engine agrees on: units, stages, fingerprints, the artifact store, outcomes and the policy."""
