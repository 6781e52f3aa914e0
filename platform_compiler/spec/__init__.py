"""YAML text to validated app specs and environments, with the position of every value."""
