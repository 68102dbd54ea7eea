"""New users: registration, invitations, approvals, sign-in by other services."""
