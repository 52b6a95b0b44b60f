"""The database backend of a single machine."""
