"""Bytes of clips: ranges straight out of shards, and pictures, masks and sound curves derived from them on demand."""
