"""The report's section on the sanity of maps."""

from hilum.report.sanity.section import sanity_content

__all__ = ["sanity_content"]
