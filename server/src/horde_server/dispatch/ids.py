"""Ids of their own types, so that one is not taken for another."""

from __future__ import annotations

from typing import NewType
from uuid import UUID

RequestId = NewType("RequestId", UUID)
"""Of a request, or of an interrogation: what its requester was told."""
JobId = NewType("JobId", UUID)
"""Of one hand-out of one result; its picture and its submit are named by it."""
