"""Dynamic prompts: of `{a|b|c}` one option is taken, by the seed of the job."""

from __future__ import annotations

import random
from dataclasses import dataclass, field


def expanded(prompt: str, negative_prompt: str, seed: int) -> tuple[str, str]:
    """Both prompts with one option of every choice; the same for the same seed, on every machine.

    All pictures of a batch share it. Braces without a `|` are text, and so is a choice that is never closed.
    """
    dice = random.Random(seed)
    return _chosen(prompt, dice), _chosen(negative_prompt, dice)


@dataclass(slots=True)
class _Choice:
    """A choice that is open: its options as pieces of text."""

    options: list[list[str]] = field(default_factory=lambda: [[]])

    def texts(self) -> list[str]:
        return ["".join(option) for option in self.options]


def _chosen(prompt: str, dice: random.Random) -> str:
    """Innermost choices first, so one pass over the text is enough, however deep they are nested."""
    if "{" not in prompt:
        return prompt
    open_choices = [_Choice()]  # the first is the text itself
    for character in prompt:
        inside = len(open_choices) > 1
        if character == "{":
            open_choices.append(_Choice())
        elif character == "|" and inside:
            open_choices[-1].options.append([])
        elif character == "}" and inside:
            options = open_choices.pop().texts()
            found = options[dice.randrange(len(options))] if len(options) > 1 else f"{{{options[0]}}}"
            open_choices[-1].options[-1].append(found)
        else:
            open_choices[-1].options[-1].append(character)
    whole = "|".join(open_choices[0].texts())
    return whole + "".join("{" + "|".join(choice.texts()) for choice in open_choices[1:])
