"""The section on the maps' sanity: what each check says, and its numbers."""

from hilum.report.sanity.section import sanity_content

__all__ = ["sanity_content"]
