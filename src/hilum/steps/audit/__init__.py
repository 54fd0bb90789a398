"""Audit: a slice table in, what could be learnt from it in place of disease out."""

from hilum.steps.audit.options import AuditOptions
from hilum.steps.audit.step import audit_table

__all__ = ["AuditOptions", "audit_table"]
