"""Pictures that people send: looked at with suspicion, made small, and written anew. Knows no row and no request."""
