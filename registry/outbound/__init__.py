"""The only code that opens sockets to other hosts."""
