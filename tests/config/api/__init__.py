"""What every resource of the API shares: parsing, errors, paging, the OpenAPI document."""
