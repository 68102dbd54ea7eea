"""Prices of texts: charges of a request, and the book that reads them off an order."""
