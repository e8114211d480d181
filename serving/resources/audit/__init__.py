"""Reading and verifying the audit."""
