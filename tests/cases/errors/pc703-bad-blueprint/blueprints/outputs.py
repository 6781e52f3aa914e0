from pydantic import BaseModel

from platform_compiler.blueprint import Blueprint


class Loose(Blueprint, name="loose", version=1):
    class Outputs(BaseModel):
        url: str
