"""What authors of workers do with the library; runs under ours and under the published one alike.

`python -m published_scenarios` in this folder prints what came of it: in a place with a published release, what
`published_0_27_0/told.json` holds.
"""

from published_scenarios import conversions, ids, lives, results, sources, templates
from published_scenarios.telling import tell_all

AREAS = (conversions, ids, lives, results, sources, templates)

__all__ = ["AREAS", "tell_all"]
