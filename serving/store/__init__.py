"""What is kept: submissions, what was decided about them, accounts, and the audit."""
