from platform_compiler.blueprint import Blueprint


class Broken(Blueprint, name="Broken Name", version=0):
    """No."""
