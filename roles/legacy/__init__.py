"""The documents of older installations, read without a database."""
