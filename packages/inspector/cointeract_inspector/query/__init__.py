"""Filters, sorting, facets, histograms and what-if counts over the rows, in DuckDB."""
