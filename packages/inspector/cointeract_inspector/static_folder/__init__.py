"""A folder that shows some samples without a server."""
