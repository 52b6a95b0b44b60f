"""Roles: which model serves which task. The room is empty until roles are built."""
