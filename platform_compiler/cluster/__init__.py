"""Reads and explains a Kubernetes cluster."""
