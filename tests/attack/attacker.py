"""One flood in a process of its own: `python -m attack.attacker URL KEY FLOOD SHARE`; prints what it was answered."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from collections import Counter

from attack.floods import FLOODS
from attack.wire import Target


def main() -> None:
    """Attack, and tell: a JSON list of [status, message, count]."""
    url, key, name, share = sys.argv[1:]
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    answers = asyncio.run(FLOODS[name](Target.at(url, key), float(share)))
    counted = Counter((answer.status, answer.message) for answer in answers)
    print(json.dumps([[status, message, count] for (status, message), count in counted.most_common()]))


if __name__ == "__main__":
    main()
