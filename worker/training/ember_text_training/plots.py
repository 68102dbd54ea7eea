"""The plots: what happens in a story, each with many ways to say it."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from ember_text_training.tale import Tale, joined

Plot = Callable[[Tale], list[str]]


def story(rng: random.Random, *, opens_classic: float = 0.45) -> tuple[Tale, str]:
    """A whole story of one to four paragraphs, and what it is about."""
    tale = Tale(rng)
    paragraphs = [opening(tale, opens_classic), *rng.choice(PLOTS)(tale)]
    ending = closing(tale)
    if rng.random() < 0.5:
        paragraphs[-1] = joined(paragraphs[-1], ending)
    else:
        paragraphs.append(ending)
    separator = rng.choice(("\n\n", "\n\n", "\n", " "))
    return tale, separator.join(paragraphs)


def opening(tale: Tale, classic: float) -> str:
    """Who and where."""
    if tale.rng.random() < classic:
        first = tale.say(
            "Once upon a time, there was a {nature} {kind} named {hero} who lived {where} a {look} {place}.",
            "Once upon a time, there was a {nature} {kind} called {hero}. {He} lived {where} a {look} {place}.",
            "Once upon a time, {where} a {look} {place}, there lived a {nature} {kind} named {hero}.",
            "Once upon a time a {nature} {kind} lived {where} a {look} {place}. {His} name was {hero}.",
            "Once upon a time, a {nature} {kind} named {hero} set out from a {look} {place}.",
        )
    else:
        first = tale.say(
            "Long ago, a {nature} {kind} named {hero} lived {where} a {look} {place}.",
            "{hero} was a {nature} {kind} who lived {where} a {look} {place}.",
            "There was once a {nature} {kind} named {hero}.",
            "In the old days, there lived a {kind} named {hero} {where} the {place}. {He} was very {nature}.",
            "The {nature} {kind} {hero} lived all alone {where} a {look} {place}.",
            "It was a {weather} {time}, and {hero} the {kind} was walking {where} the {look} {place}.",
            "Far away, {where} a {look} {place}, a {nature} {kind} named {hero} was waking up.",
            "Everybody {where} the {place} knew {hero}, the {nature} {kind}.",
        )
    return joined(
        first,
        tale.maybe(
            0.5,
            "Every day {he} walked to the {away} to look for {food}.",
            "{He} loved {food} more than anything else.",
            "{He} had a {tlook} {other} that {he} carried everywhere.",
            "People said that {he} was the most {nature} {kind} in the land.",
            "{He} had never been afraid of anything.",
            "{He} liked to sit by the window and watch the rain.",
            "At night {he} looked at the stars and dreamed of far places.",
        ),
    )


def lost_thing(tale: Tale) -> list[str]:
    """Something dear is lost, a friend helps to find it."""
    return [
        joined(
            tale.say(
                "One {weather} {time}, {hero} noticed that {his} {tlook} {thing} was gone.",
                "One {time}, {hero} lost {his} {tlook} {thing}.",
                "But one {weather} {time} the {tlook} {thing} that {he} loved so much was gone.",
            ),
            tale.say(
                "{He} looked under the bed, behind the door and in the {place}, but it was not there.",
                "{He} looked everywhere, but {he} could not find it.",
                "{He} searched all day long and found nothing.",
            ),
            tale.say("{He} was very {bad}.", "{hero} sat down and began to cry.", "{hero} did not know what to do."),
        ),
        joined(
            tale.say(
                "Then {he} met {friend}, a {fnature} {fkind}.",
                "Just then a {fnature} {fkind} named {friend} came along.",
                "{friend} the {fkind} heard {him} and came to help.",
            ),
            tale.say(
                '"Why are you so {bad}?" asked {friend}.',
                '"What is wrong?" {fhe} asked.',
                '"Can I help you?" said the {fkind}.',
            ),
            tale.say(
                '"I have lost my {thing}," said {hero}.',
                '"My {tlook} {thing} is gone," {hero} answered.',
            ),
            tale.say(
                "Together they went to the {away}.",
                '"Then let us look for it together," said {friend}, and they walked to the {alook} {away}.',
            ),
            tale.say(
                "There, under a big tree, lay the {thing}.",
                "There they found the {tlook} {thing} in the grass.",
                "The {thing} was lying next to a {olook} {other}.",
            ),
        ),
    ]


def journey(tale: Tale) -> list[str]:
    """Out into the world, and home again."""
    return [
        joined(
            tale.say(
                "One {time}, {hero} decided to travel to the {alook} {away}.",
                "One {weather} {time}, {he} found an old map that showed the way to the {away}.",
                "{hero} had always wanted to see the {alook} {away}.",
            ),
            tale.say(
                "{He} packed some {food} and a {tlook} {thing} and said goodbye.",
                "{He} took {his} {thing} and a bag of {food} and left before the sun came up.",
            ),
            tale.say("The way was long, and the wind was cold.", "{He} walked for three days and three nights."),
        ),
        joined(
            tale.say(
                "On the road {he} met a {fkind} named {friend}.",
                "At a bridge {he} met {friend}, a {fnature} {fkind}.",
            ),
            tale.say(
                '"Where are you going?" asked the {fkind}.',
                '"Who are you?" asked {friend}.',
                '"May I come with you?" {fhe} asked.',
            ),
            tale.say(
                '"I am going to the {away}," said {hero}. "Come with me!"',
                '"I am {hero}, and I want to see the {away}," said the {kind}.',
            ),
            tale.say("So they went on together.", "And so the two of them walked on side by side."),
        ),
        joined(
            tale.say(
                "At last they came to the {away}. It was more beautiful than {hero} had ever dreamed.",
                "When they reached the {away}, the sun was going down.",
                "In the end they saw the {alook} {away} in front of them.",
            ),
            tale.say(
                "There they found a {olook} {other} and took it home.",
                "They ate {food} and told each other stories until the moon came up.",
                "{hero} was {good}, because {he} was not alone.",
            ),
        ),
    ]


def storm(tale: Tale) -> list[str]:
    """A stranger in the storm."""
    return [
        joined(
            tale.say(
                "One night a great storm came over the {place}.",
                "Then winter came, and the snow covered the {place}.",
                "One {time} the sky turned black and it began to rain.",
            ),
            tale.say(
                "{hero} made a fire and listened to the wind.",
                "{He} closed the windows and lit a {tlook} lamp.",
            ),
            tale.say("Suddenly somebody knocked at the door.", "Then {he} heard a voice outside."),
        ),
        joined(
            tale.say(
                "It was {friend}, a {fnature} {fkind}, wet and cold.",
                "A {fkind} stood there in the rain. {FHis} name was {friend}.",
            ),
            tale.say(
                '"Please let me in," said {friend}. "I am so cold."',
                '"May I sit by your fire?" asked the {fkind}.',
            ),
            tale.say(
                '"Come in," said {hero}, and gave {fhim} warm {food}.',
                '{hero} was a little {bad}, but {he} opened the door. "Come in and eat some {food}," {he} said.',
            ),
            tale.say(
                "They talked all night, and in the morning the sun was shining.",
                "When the storm was over, they were friends.",
            ),
            tale.maybe(0.6, "To say thank you, {friend} gave {him} a {olook} {other}."),
        ),
    ]


def learning(tale: Tale) -> list[str]:
    """Trying, failing, trying again."""
    return [
        joined(
            tale.say(
                "More than anything, {hero} wanted to {skill}.",
                "There was only one thing {hero} could not do: {he} could not {skill}.",
            ),
            tale.say(
                "{He} tried every {time}, but it never worked.",
                "{He} tried once, {he} tried twice, and every time {he} failed.",
            ),
            tale.say('"I will never learn it," {he} said.', "All the others laughed at {him}.", "{He} felt {bad}."),
        ),
        joined(
            tale.say(
                "Then {he} asked {friend}, the {fnature} {fkind}, for help.",
                "A {fnature} {fkind} named {friend} saw {him} and smiled.",
            ),
            tale.say(
                '"I can teach you how to {skill}," said {friend}. "But you must be patient."',
                '"Nobody can {skill} on the first day," said the {fkind}. "Try again!"',
            ),
            tale.say(
                "They practiced day after day {awhere} the {away}.",
                "So they went to the {away} and practiced until it was dark.",
            ),
            tale.say(
                "And one {weather} {time}, {hero} could {skill} better than anyone else.",
                "At last, {hero} could {skill}. {He} was so {good} that {he} shouted for joy.",
            ),
        ),
    ]


def magic(tale: Tale) -> list[str]:
    """A magic thing and three wishes."""
    return [
        joined(
            tale.say(
                "One {time}, {he} found a {tlook} {thing} {where} the {place}.",
                "One {weather} {time}, a {tlook} {thing} fell from the sky right in front of {him}.",
            ),
            tale.say(
                "When {he} touched it, the {thing} began to glow.",
                'Suddenly the {thing} spoke. "Make a wish," it said.',
                "It was magic, and it could grant one wish.",
            ),
        ),
        joined(
            tale.say(
                '"I wish for a mountain of {food}!" said {hero}.',
                '"I wish I could {skill}," whispered {hero}.',
                '"I wish for a friend," said the {kind} quietly.',
            ),
            tale.say(
                "There was a flash of {colour} light.",
                "A {colour} cloud filled the air, and the wind began to sing.",
            ),
            tale.say(
                "And there stood {friend}, a {fnature} {fkind}, who smiled at {him}.",
                "When the light was gone, a {fkind} named {friend} was standing there.",
            ),
            tale.say(
                '"I am {friend}," said the {fkind}. "I have come to help you."',
                '"A wish is not enough," said {friend}. "You must do something for it, too."',
            ),
            tale.say(
                "From then on, they kept the {thing} in a safe place {where} the {place}.",
                "{hero} thought about it and gave the {thing} away, because {he} had all that {he} needed.",
            ),
        ),
    ]


def quarrel(tale: Tale) -> list[str]:
    """Two friends fall out over a thing, and make up."""
    return [
        joined(
            tale.say(
                "{hero} and {friend} the {fkind} were best friends, but one {time} they had a fight.",
                "One {weather} {time}, {hero} and a {fkind} named {friend} found a {tlook} {thing}.",
            ),
            tale.say(
                '"The {thing} is mine!" said {hero}. "No, it is mine!" shouted {friend}.',
                "Both of them wanted the {tlook} {thing}.",
            ),
            tale.say("They pulled and pulled until it broke.", "So they went home angry and did not speak for days."),
        ),
        joined(
            tale.say("{hero} felt {bad}.", "That night {hero} could not sleep.", "Soon {hero} was sorry."),
            tale.say(
                "{He} baked some {food} and carried it to the {away}, where {friend} lived.",
                "The next morning {he} took {his} {olook} {other} and walked to the {away}.",
            ),
            tale.say(
                '"I am sorry," {he} said. "You are more important than any {thing}."',
                '"This is for you," said {hero}. "Please be my friend again."',
            ),
            tale.say(
                '"I am sorry, too," said {friend}, and they laughed.',
                "{friend} smiled, and everything was good again.",
            ),
        ),
    ]


def mystery(tale: Tale) -> list[str]:
    """A strange sound in the night."""
    return [
        joined(
            tale.say(
                "Every night {hero} heard a strange sound from the {away}.",
                "One night, there was a strange light {awhere} the {away}.",
            ),
            tale.say(
                "Nobody knew what it was, and everybody was {bad}.",
                '"It is a monster," said the old people.',
                "{He} was {bad}, but {he} wanted to know what it was.",
            ),
            tale.say(
                "So {he} took a {tlook} {thing} and went out into the dark.",
                "At midnight {he} lit a lantern and walked to the {away}.",
            ),
        ),
        joined(
            tale.say(
                "Step by step {he} came closer. Something moved behind the trees.",
                "It was very quiet. Then {he} heard it again, quite near.",
            ),
            tale.say(
                "But it was only {friend}, a {fnature} {fkind}, who was learning to {skill}.",
                "And there sat a {fkind} named {friend}, who had lost the way home.",
            ),
            tale.say(
                '"Do not be afraid," said {hero}. "I will help you."',
                '"You frightened me!" said {friend}, and then both of them laughed.',
            ),
            tale.say(
                "They walked home together and shared some {food}.",
                "After that night, nobody was afraid of the {away} anymore.",
            ),
        ),
    ]


PLOTS: Final[tuple[Plot, ...]] = (lost_thing, journey, storm, learning, magic, quarrel, mystery)


def closing(tale: Tale) -> str:
    """How it ends."""
    return joined(
        tale.say(
            "{hero} was very {good}, and the two friends went home.",
            "From that day on, {hero} and {friend} were friends.",
            "And so {hero} learned that it is good to have a friend.",
            '"Thank you," said {hero}, and {he} really meant it.',
            "That evening {hero} and {friend} ate {food} together and laughed until it was dark.",
            "{hero} never forgot that day.",
        ),
        tale.maybe(
            0.5,
            "They lived happily ever after.",
            "And if you go to the {place}, you can still see them there.",
            "The end.",
            "And that is the story of {hero} the {kind}.",
            "Then the moon came up, and everybody fell asleep.",
        ),
    )
