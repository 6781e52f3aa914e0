"""Graph to what others read: Kubernetes YAML, drawings of the graph, and Pulumi resources."""
