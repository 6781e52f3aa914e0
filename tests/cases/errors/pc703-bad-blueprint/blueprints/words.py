from platform_compiler.blueprint import Blueprint


class Words(Blueprint, name="words", version=1):
    team: str = ""
    renamed_from: str = ""
