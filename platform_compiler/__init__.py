"""A platform-as-code compiler: app specs, blueprints and an environment in, Kubernetes and Pulumi stacks out."""
