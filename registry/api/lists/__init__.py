"""The model lists that published clients read, each in the client's own shape."""
