"""What every API resource shares: addresses, errors, paging, parsing."""
