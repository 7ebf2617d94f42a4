"""The report of a run: one HTML page that opens without a network, derived from the ledger."""

from cointeract_curation.report.write import write_report

__all__ = ["write_report"]
