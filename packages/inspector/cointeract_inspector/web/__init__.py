"""HTTP: who may ask, what the routes answer, and the pages."""
