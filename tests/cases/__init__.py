"""Drivers of the acceptance cases: each carries out what a file of cases says, word by word."""
