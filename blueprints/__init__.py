"""The standard library of blueprints: one file each, named by the project's entry points."""
