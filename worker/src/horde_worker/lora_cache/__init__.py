"""LoRAs and textual inversions that jobs name: fetched once from CivitAI, checked, and kept for all backends."""
