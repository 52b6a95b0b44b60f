"""A provider on this machine that speaks every API shape, and fails on request."""
