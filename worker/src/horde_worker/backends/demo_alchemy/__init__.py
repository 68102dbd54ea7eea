"""Alchemy without any trained model: colours, hashes, contours, and a resampler in place of upscalers."""
