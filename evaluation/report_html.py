"""The report as one self-contained page."""

from html import escape

from evaluation.results import Results
from evaluation.table import format_table

__all__ = ["html_report"]


def html_report(results: Results) -> str:
    """One HTML file without any outside reference."""
    return f"<!doctype html><html lang=en><meta charset=utf-8><title>Report</title><pre>{escape(format_table(results))}</pre></html>"
