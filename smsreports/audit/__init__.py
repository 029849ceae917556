"""Audit log of exports, their results and reveals. Its rows are written once and never changed."""
