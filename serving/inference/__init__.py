"""Asking the model: batches across requests, one model a process for long tables."""
