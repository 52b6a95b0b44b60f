"""The trail: who changed what, from where, in the same transaction as the change."""
