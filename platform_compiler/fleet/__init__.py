"""What a change of specs, blueprints or state means for every app: compare, migrate, impact, lock, plan.

All of it is offline and changes nothing by itself. Objects are compared by the rules of the provider, so that what is
said here is what the engine will do.
"""
