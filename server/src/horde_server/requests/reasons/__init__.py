"""Why a request waits, what would help, when it will be done, and how well that was foretold (reasons.md)."""
