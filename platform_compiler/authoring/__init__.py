"""What the author of a blueprint needs: a scaffold, examples that are tests, docs from the class, assertions."""
