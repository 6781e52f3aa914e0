"""What every Pulumi plugin needs: the protocol's messages, and the way to serve them."""
