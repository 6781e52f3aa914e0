"""How each kind of object is judged: one small function a kind."""
