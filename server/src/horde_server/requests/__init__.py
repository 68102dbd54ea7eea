"""What people ask for: schema, validation, order, status, cancel."""
