"""The stages of curation, cheap to expensive."""
