"""Conversations, questions and tasks, in the forms that chat programs send."""

from __future__ import annotations

import random
from typing import Final

from ember_text_training import world
from ember_text_training.plots import story
from ember_text_training.tale import tidy

Turn = tuple[str, str]

_GREETINGS: Final = ("Hello!", "Hi!", "Good morning!", "Good evening!", "Hello there.", "Hi, how are you?", "Hey.")
_GREETING_ANSWERS: Final = (
    "Hello! How are you today?",
    "Hello! It is good to see you.",
    "Hi! I am {good} today. How are you?",
    "Good day to you! What can I do for you?",
    "Hello, my friend. Would you like to hear a story?",
)


def turns(rng: random.Random, me: str) -> list[Turn]:
    """Two to six questions with answers, one after the other."""
    kinds = [greeting, rng.choice((feeling, weather, naming)), liking, place, colour, doing, picture, thanks]
    chosen = [kind for kind in kinds if rng.random() < 0.45] or [greeting]
    return [kind(rng, me) for kind in chosen]


def greeting(rng: random.Random, me: str) -> Turn:
    return rng.choice(_GREETINGS), rng.choice(_GREETING_ANSWERS).format(good=rng.choice(world.GOOD_FEELINGS))


def feeling(rng: random.Random, me: str) -> Turn:
    good = rng.choice(world.GOOD_FEELINGS)
    return rng.choice(("How are you?", "How do you feel today?", "Are you well?")), rng.choice(
        (
            f"I am {good}, thank you. And you?",
            f"I feel {good} today, because the weather is {rng.choice(world.WEATHERS)}.",
            f"I was a little {rng.choice(world.BAD_FEELINGS)} this morning, but now I am {good}.",
        )
    )


def naming(rng: random.Random, me: str) -> Turn:
    return rng.choice(("What is your name?", "Who are you?", "What should I call you?")), rng.choice(
        (
            f"My name is {me}. What is your name?",
            f"I am {me}, a very small language model. I know only a few words.",
            f"You can call me {me}.",
        )
    )


def weather(rng: random.Random, me: str) -> Turn:
    now = rng.choice(world.WEATHERS)
    return rng.choice(("How is the weather?", "What is the weather like?", "Is it raining?")), rng.choice(
        (
            f"It is a {now} {rng.choice(world.TIMES)}.",
            f"Today it is {now}. I hope it will be {rng.choice(world.WEATHERS)} tomorrow.",
            f"It is {now} outside, so take your coat.",
        )
    )


def liking(rng: random.Random, me: str) -> Turn:
    food, skill = rng.choice(world.FOODS), rng.choice(world.SKILLS)
    return rng.choice(
        (
            (f"Do you like {food}?", f"Yes, I love {food}! I could eat it every day."),
            (f"Do you like {food}?", f"Not very much. I like {rng.choice(world.FOODS)} better."),
            (f"Can you {skill}?", f"Yes, I can {skill} a little, but I am not very good at it."),
            (f"Can you {skill}?", f"No, but I would like to learn how to {skill}."),
            ("What do you like to eat?", f"I like {food} with {rng.choice(world.FOODS)}."),
            ("What do you like to do?", f"I like to {skill} when the weather is {rng.choice(world.WEATHERS)}."),
        )
    )


def place(rng: random.Random, me: str) -> Turn:
    where, how = rng.choice(world.PLACES)
    look = rng.choice(world.LOOKS)
    return rng.choice(
        (
            ("Where do you live?", f"I live {how} a {look} {where}."),
            ("Where are you from?", f"I come from a {look} {where} far away."),
            (f"Have you ever been to the {where}?", f"Yes, it is very {look} there. I want to go back one day."),
            ("Where should we go?", f"Let us go to the {where}. It is {look} at this time of year."),
            (
                f"How do I get to the {where}?",
                f"Go over the bridge, and then you will see the {where} behind the hill.",
            ),
        )
    )


def colour(rng: random.Random, me: str) -> Turn:
    shade = rng.choice(world.COLOURS)
    return rng.choice(
        (
            ("What is your favorite color?", f"My favorite color is {shade}."),
            ("Which color do you like best?", f"I like {shade} best. It makes me {rng.choice(world.GOOD_FEELINGS)}."),
            ("What color is the sky?", "The sky is blue in the day and black at night."),
            ("What color is the grass?", "The grass is green."),
            ("What color is the snow?", "The snow is white."),
            ("What color is the sun?", "The sun is yellow, and red in the evening."),
        )
    )


def doing(rng: random.Random, me: str) -> Turn:
    somebody = world.somebody(rng)
    thing, look = rng.choice(world.THINGS), rng.choice(world.THING_LOOKS)
    return rng.choice(
        (
            ("What are you doing?", f"I am looking for my {look} {thing}. Have you seen it?"),
            ("What do you have there?", f"This is a {look} {thing}. I found it by the road."),
            (f"Do you know {somebody.name}?", f"Yes, {somebody.name} is a {somebody.nature} {somebody.kind}."),
            (f"Who is {somebody.name}?", f"{somebody.name} is a {somebody.kind}, and my friend."),
            (f"Have you seen my {thing}?", f"No, I have not seen your {thing}. Let us look for it together."),
            ("Can you help me?", "Yes, I will help you. What do you need?"),
        )
    )


def picture(rng: random.Random, me: str) -> Turn:
    first, second = rng.sample(world.COLOURS, 2)
    shape = rng.choice(world.SHAPES)
    return rng.choice(("What do you see in the picture?", "What is in the picture?", "Describe the picture.")), (
        f"I see a {first} {shape} on a {second} background."
    )


def thanks(rng: random.Random, me: str) -> Turn:
    return rng.choice(("Thank you!", "Thanks.", "Goodbye!", "Good night!", "That is all.")), rng.choice(
        ("You are welcome!", "It was good to talk to you.", "Goodbye, my friend!", "See you soon!", "Sleep well!")
    )


def chat(rng: random.Random) -> str:
    """A conversation in one of the usual forms."""
    me = rng.choice(("Assistant", "Bot", "AI", rng.choice(world.SHE_NAMES), rng.choice(world.HE_NAMES)))
    you = rng.choice(("User", "You", "Human", rng.choice(world.SHE_NAMES), rng.choice(world.HE_NAMES)))
    if you == me:
        you = "User"
    talk = [*turns(rng, me), *turns(rng, me)] if rng.random() < 0.3 else turns(rng, me)
    form = rng.random()
    if form < 0.55:
        return "\n".join(f"{you}: {tidy(question)}\n{me}: {tidy(answer)}" for question, answer in talk)
    if form < 0.75:
        return "\n".join(f"Q: {tidy(question)}\nA: {tidy(answer)}" for question, answer in talk)
    if form < 0.9:
        return "\n".join(_instruction(tidy(question), tidy(answer)) for question, answer in talk[:2])
    return "\n\n".join(f"{tidy(question)}\n{tidy(answer)}" for question, answer in talk)


def task(rng: random.Random) -> str:
    """Somebody asks for a story or a poem, and gets it."""
    if rng.random() < 0.25:
        subject, text = rng.choice(world.PLACES)[0], ""
        text = poem(rng, subject)
        wish = rng.choice(("Write a poem about the {}.", "Write a short poem about the {}.", "A poem about the {}:"))
        return _asked(rng, wish.format(subject), text)
    tale, text = story(rng, opens_classic=0.6)
    wish = rng.choice(
        (
            "Tell me a story.",
            "Write a story about a {kind}.",
            "Tell me a story about a {nature} {kind} named {hero}.",
            "Write a short story about {hero} the {kind}.",
            "Tell me about a {kind} and a {fkind}.",
            "Write a story with a {thing} in it.",
        )
    )
    return _asked(rng, tidy(wish.format_map(tale.words)), text)


_RHYMES: Final = (
    ("day", "away"), ("night", "light"), ("sea", "free"), ("tree", "me"), ("sky", "fly"), ("snow", "go"),
    ("rain", "again"), ("sun", "run"), ("moon", "soon"), ("star", "far"), ("hill", "still"), ("song", "long"),
)  # fmt: skip
_FIRST_LINES: Final = (
    "I walked along the {subject} one {word}",
    "The {subject} is waiting for the {word}",
    "Oh {look} {subject} beneath the {word}",
    "The wind is singing of the {word}",
    "A {kind} is dreaming of the {word}",
)
_SECOND_LINES: Final = {
    "away": "and all my sorrows went away", "light": "and everything was full of light",
    "free": "where every bird is wild and free", "me": "you have been very kind to me",
    "fly": "and now my heart has learned to fly", "go": "there is so far for us to go",
    "again": "and I will see my home again", "run": "where little children laugh and run",
    "soon": "and I am coming home so soon", "far": "I wonder who and where you are, so far",
    "still": "and all the world is calm and still", "long": "the road is beautiful and long",
}  # fmt: skip


def poem(rng: random.Random, subject: str) -> str:
    """Two or three rhymed couplets."""
    lines = []
    for word, rhyme in rng.sample(_RHYMES, rng.choice((2, 2, 3))):
        first = rng.choice(_FIRST_LINES).format(
            subject=subject, word=word, look=rng.choice(world.LOOKS), kind=rng.choice(world.KINDS)
        )
        lines += [tidy(first) + ",", tidy(_SECOND_LINES[rhyme]) + "."]
    return "\n".join(lines)


def _asked(rng: random.Random, wish: str, text: str) -> str:
    form = rng.random()
    if form < 0.4:
        return _instruction(wish, text)
    if form < 0.7:
        return f"User: {wish}\nAssistant: {text}"
    return f"{wish}\n\n{text}"


def _instruction(wish: str, text: str) -> str:
    return f"### Instruction:\n{wish}\n\n### Response:\n{text}"
