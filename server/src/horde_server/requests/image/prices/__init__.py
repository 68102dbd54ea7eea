"""Prices of images: formula, table of measured prices, charges of a request."""
