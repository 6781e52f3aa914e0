"""The embedded Kubernetes provider: a Pulumi resource plugin for the package `kubernetes`, written in Python.

It stands in where the official `pulumi-resource-kubernetes` cannot be installed. It takes the same inputs and writes
the same state, so that a stack can pass from one to the other with an empty preview. Render mode writes each object
into a folder; nothing else of a cluster is needed.
"""

PACKAGE = "kubernetes"
VERSION = "4.34.2"
"""The version of the official provider whose inputs and outputs this one writes."""
