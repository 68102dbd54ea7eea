"""AUTOMATIC1111's API, `/sdapi/v1/*`, as programs for pictures speak it."""
