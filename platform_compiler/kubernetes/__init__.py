"""What Kubernetes says of its objects: the kinds and fields of every supported version, and a check against them."""
