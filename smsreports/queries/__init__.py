"""List requests: parsing, filters, compiled source queries, listings and pagination."""
