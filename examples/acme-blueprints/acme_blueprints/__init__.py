"""Acme's own blueprints."""
