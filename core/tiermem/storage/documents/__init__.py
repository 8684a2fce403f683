"""Documents, as rows."""
