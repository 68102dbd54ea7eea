"""Print what came of every scenario."""

from __future__ import annotations

import json

from published_scenarios import tell_all

print(json.dumps(tell_all(), indent=0, sort_keys=True, ensure_ascii=False))
