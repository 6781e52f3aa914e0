"""Small typed parts that blueprints are composed from: each a group of fields and a function that builds manifests."""
