"""Finds or installs the Pulumi engine, runs it, reads its state."""
