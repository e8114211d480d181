"""Commands that make and judge models and directories."""
