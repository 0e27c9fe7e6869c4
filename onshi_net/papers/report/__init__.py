"""The report of a verification, for the institution's file: one HTML page that needs nothing else.

It is made of stored evidence, so that it can be made again anywhere, without a device.
"""

from onshi_net.papers.report.page import Report, report_of, to_html

__all__ = ["Report", "report_of", "to_html"]
