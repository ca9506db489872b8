"""The report: a static site of the published edition, for people who open it from a disk."""

from wijkpeil.report.site import Report, page_path, report_path, write_report

__all__ = ["Report", "page_path", "report_path", "write_report"]
