"""KoboldCpp's API (gateway-kobold.md)."""
