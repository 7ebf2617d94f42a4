"""What is shown: a data set as rows with their parts, whether it is packed, still being made, or just a folder of shards."""
