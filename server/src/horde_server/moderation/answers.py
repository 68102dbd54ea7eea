"""What is told of the modes (moderation.md §6)."""

from __future__ import annotations

from horde_server.http.answers import Answer


class HordeModes(Answer):
    """Which modes are on; `raid_mode` is told to moderators only, and after a change only what was changed."""

    maintenance_mode: bool = False
    invite_only_mode: bool = False
    raid_mode: bool = False
