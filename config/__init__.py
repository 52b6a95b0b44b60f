"""What ties the parts into one service: settings, addresses, start-up and health."""
