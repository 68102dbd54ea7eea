"""The mark of texts that could be translated; no translations exist."""


def _L(text: str) -> str:
    """Return the text as it is."""
    return text
