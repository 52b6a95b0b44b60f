"""What every file of the project must be like, whatever it is about."""
