"""Plain frozen data that passes through the compiler: resources, their origin, order and secrets.

It knows nothing of YAML, Pulumi or blueprints.
"""
