"""The audit trail: who changed what that needs a right."""
