"""The catalogue for everyone who may read it, one resource a file."""
