"""Specs and one environment to a component graph: blueprints found, references resolved, inputs validated."""
