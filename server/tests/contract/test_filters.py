"""Prompt filters: the moderators' /filters, and what they do to requests (moderation.md §1, §2).

Harmless words stand in for what a horde really looks for: a kitten must not be wet here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from hordes import Horde, StartHorde

from horde_server.moderation.prompt_filters.answers import FilterDetails, FilterPromptSuspicion, FilterRegex

ADDED = "###child, infant, underage, immature, teenager, tween"
ADULT_MODEL = "Hentai Diffusion"


@pytest.fixture
async def mod(horde: Horde) -> str:
    """A moderator's key."""
    return str((await horde.account("mod", moderator=True)).api_key)


async def call(horde: Horde, method: str, path: str, key: str | None, body: Any = None, **query: Any) -> httpx.Response:
    """A call of /filters."""
    headers = {"apikey": key} if key is not None else {}
    return await horde.client.request(
        method,
        f"/api/v2/filters{path}",
        headers=headers,
        params=query or None,
        **({} if body is None else {"json": body}),
    )


async def add(horde: Horde, key: str, regex: str, filter_type: int, **more: Any) -> dict[str, Any]:
    """PUT /filters."""
    answer = await call(horde, "PUT", "", key, {"regex": regex, "filter_type": filter_type, **more})
    assert answer.status_code == 200, answer.text
    FilterDetails.model_validate(answer.json(), strict=True)
    return dict(answer.json())


@pytest.fixture
async def no_wet_kittens(horde: Horde, mod: str) -> None:
    """One filter of each group."""
    await add(horde, mod, r"\bkitten\b", 10, replacement="cat")
    await add(horde, mod, r"\bwet\b", 20)


async def served_prompt(horde: Horde, request_id: str) -> str:
    """What a worker will be given."""
    [(order,)] = await horde.sql("SELECT request_order::text FROM request WHERE id = %s", request_id)
    return str(json.loads(order)["prompt"])


async def suspicions(horde: Horde, name: str) -> list[int]:
    """Why an account is suspected."""
    return list((await horde.sql("SELECT suspicions FROM account WHERE username = %s", name))[0][0])


# ---------------------------------------------------------------- what filters do to requests


async def test_a_caught_prompt_is_rewritten(horde: Horde, no_wet_kittens: None) -> None:
    """§2.3: replacement_filter is on by default; the worker gets the rewritten prompt, nobody is punished."""
    asker, owner = await horde.account("ada"), await horde.account("owner")
    await horde.request(asker.api_key, "a (wet:1.2) kitten, painted###dogs")
    job = await horde.job(owner.api_key)
    assert job["payload"]["prompt"] == f"a wet cat painted{ADDED}, dogs"
    assert await suspicions(horde, "ada") == []
    assert (await horde.ask(asker.api_key)).status_code == 202


async def test_a_prompt_that_may_not_be_rewritten_is_refused_and_remembered(
    start_horde: StartHorde, horde: Horde, no_wet_kittens: None
) -> None:
    """§2.4: 400 `CorruptPrompt`, suspicion 8 once, and a time-out of 3, then 9 minutes for the address."""
    asker = await horde.account("ada")
    for minutes in (3, 9):
        horde.client.headers["X-Forwarded-For"] = "198.51.100.66"  # private addresses are not struck
        answer = await horde.ask(asker.api_key, "a wet kitten", replacement_filter=False)
        assert horde.outcome(answer) == (400, "CorruptPrompt")
        kept_out = await horde.ask(asker.api_key)
        assert horde.outcome(kept_out) == (403, "TimeoutIP")
        assert minutes * 60 - 5 <= int(kept_out.headers["retry-after"]) <= minutes * 60
        assert await suspicions(horde, "ada") == [8]
        await horde.sql("UPDATE address_timeout SET ends_at = now()")
        horde = await start_horde()  # which finds that the time-out is over
    assert await horde.sql("SELECT count(*)::int FROM request") == [(0,)]


async def test_a_dry_run_is_judged_as_well(horde: Horde, no_wet_kittens: None) -> None:
    """requests.md §3.14: the filters come before the price."""
    answer = await horde.ask(prompt="a wet kitten", replacement_filter=False, dry_run=True)
    assert horde.outcome(answer) == (400, "CorruptPrompt")


async def test_nothing_left_after_rewriting_is_refused(horde: Horde, mod: str) -> None:
    await add(horde, mod, "kitten|wet", 10)
    await add(horde, mod, "wet", 20)
    horde.client.headers["X-Forwarded-For"] = "198.51.100.66"  # private addresses are not struck
    assert horde.outcome(await horde.ask(prompt="wet kitten")) == (400, "CorruptPrompt")
    assert horde.outcome(await horde.ask()) == (403, "TimeoutIP")


async def test_moderators_are_not_kept_out(horde: Horde, mod: str, no_wet_kittens: None) -> None:
    """§2.4: unless the user is a moderator; the refusal stays."""
    for _ in range(2):
        answer = await horde.ask(mod, "a wet kitten", replacement_filter=False)
        assert horde.outcome(answer) == (400, "CorruptPrompt")
    assert await suspicions(horde, "mod") == []


async def test_the_anonymous_and_the_trusted_are_not_suspected(horde: Horde, mod: str, no_wet_kittens: None) -> None:
    """§3.1: anonymous never accrues; accounts.md §2.3: trusted accounts are beyond it."""
    sue = await horde.account("sue", trusted=True)
    await horde.ask("0000000000", "a wet kitten", replacement_filter=False)
    assert horde.outcome(await horde.ask(sue.api_key, "a wet kitten", replacement_filter=False)) == (
        400,
        "CorruptPrompt",
    )
    assert (await suspicions(horde, "sue"), await suspicions(horde, "Anonymous")) == ([], [])


async def test_for_education_rewriting_is_forced(horde: Horde, no_wet_kittens: None) -> None:
    """§2.3: `replacement_filter` or an education account."""
    school = await horde.account("school", columns={"education": True})
    request_id = await horde.request(school.api_key, "a wet kitten", replacement_filter=False)
    assert await served_prompt(horde, request_id) == f"a wet cat{ADDED}"


async def test_a_long_caught_prompt_is_a_bad_request(horde: Horde, no_wet_kittens: None) -> None:
    """§2.3: positive part longer than 7000 characters → 400 `BadRequest`; nobody is punished."""
    long = "a wet kitten " + "x" * 7000
    assert horde.outcome(await horde.ask(prompt=long)) == (400, "BadRequest")
    assert horde.outcome(await horde.ask(prompt=long, replacement_filter=False)) == (400, "CorruptPrompt")


async def test_a_flagged_users_images_are_about_adults(horde: Horde) -> None:
    """§2.5: always rewritten, whatever it says; nothing left → `CorruptPrompt` without a time-out."""
    bad = await horde.account("bad", columns={"flagged": True})
    request_id = await horde.request(bad.api_key, "a (young:1.1) girl", replacement_filter=False)
    assert await served_prompt(horde, request_id) == f"a adult adult woman{ADDED}"
    assert horde.outcome(await horde.ask(bad.api_key, "!!!")) == (400, "CorruptPrompt")
    assert (await horde.ask(bad.api_key)).status_code == 202


async def test_models_for_adults_get_adults(horde: Horde, no_wet_kittens: None) -> None:
    """requests.md §3.14: an NSFW model and words of youth, or a filter of type 10; others keep their prompt."""
    asker = await horde.account("ada")
    wanted = {
        ("a small girl", ADULT_MODEL): f"a adult adult woman{ADDED}",
        ("1girl, solo", ADULT_MODEL): "1girl, solo",
        ("a kitten", ADULT_MODEL): f"a cat{ADDED}",
        ("a castle!", ADULT_MODEL): "a castle!",
        ("a small girl", "Deliberate"): "a small girl",
    }
    for (prompt, model), served in wanted.items():
        request_id = await horde.request(asker.api_key, prompt, models=[model])
        assert await served_prompt(horde, request_id) == served
    answer = await horde.ask(asker.api_key, "!!! girl", models=[ADULT_MODEL, "Deliberate"])
    assert answer.status_code == 202


async def test_texts_are_never_rewritten(horde: Horde, no_wet_kittens: None) -> None:
    """§2: neither filtered nor rewritten, also of flagged users."""
    bad, owner = await horde.account("bad", columns={"flagged": True}), await horde.account("owner")
    await horde.texts.request(bad.api_key, prompt="A wet kitten,\nand a girl!###x")
    assert (await horde.texts.job(owner.api_key))["payload"]["prompt"] == "A wet kitten,\nand a girl!###x"


async def test_the_checks_come_in_order(horde: Horde, no_wet_kittens: None) -> None:
    """requests.md §3: after concurrency and address, before hires_fix and all else, though the prompt be too long."""
    busy = await horde.account("busy", columns={"concurrency": 0})
    caught: dict[str, Any] = {"prompt": "a wet kitten " + "x " * 7500, "replacement_filter": False}
    assert horde.outcome(await horde.ask(busy.api_key, **caught)) == (429, "TooManyPrompts")
    assert horde.outcome(await horde.ask(**caught, params={"cfg_scale": 7.555})) == (400, "CorruptPrompt")


async def test_refused_prompts_are_kept_where_the_operator_wants_them(start_horde: StartHorde, tmp_path: Path) -> None:
    """§2.4: prompt, alias and type as JSON; off by default."""
    kept = tmp_path / "evidence"
    horde = await start_horde(prompt_evidence=str(kept))
    mod, asker = await horde.account("mod", moderator=True), await horde.account("ada")
    await add(horde, mod.api_key, "kitten", 10)
    await add(horde, mod.api_key, "wet", 20)
    await horde.ask(asker.api_key, "a wet kitten", replacement_filter=False)
    [file] = kept.rglob("*.json")
    assert json.loads(file.read_text()) == {"prompt": "a wet kitten", "user": f"ada#{asker.id}", "type": "regex"}


async def test_a_store_that_fails_changes_no_refusal(start_horde: StartHorde, tmp_path: Path) -> None:
    """What cannot be kept is logged."""
    (tmp_path / "occupied").write_text("a file where a folder should be")
    horde = await start_horde(prompt_evidence=str(tmp_path / "occupied"))
    mod = await horde.account("mod", moderator=True)
    await add(horde, mod.api_key, "kitten", 10)
    await add(horde, mod.api_key, "wet", 20)
    assert horde.outcome(await horde.ask(prompt="a wet kitten", replacement_filter=False)) == (400, "CorruptPrompt")


async def test_the_operator_may_turn_filters_off(start_horde: StartHorde) -> None:
    """§2.6: `--disable_filters` turns all of it off."""
    horde = await start_horde(disable_filters=True)
    mod = await horde.account("mod", moderator=True)
    bad = await horde.account("bad", columns={"flagged": True})
    await add(horde, mod.api_key, "kitten", 10)
    await add(horde, mod.api_key, "wet", 20)
    request_id = await horde.request(bad.api_key, "a wet kitten, girl!", replacement_filter=False)
    assert await served_prompt(horde, request_id) == "a wet kitten, girl!"


# ---------------------------------------------------------------- what moderators do


async def test_moderators_add_list_change_and_remove_filters(horde: Horde, mod: str) -> None:
    """§1.2: ids are text, the alias is that of the last editor, a description that is not there is left out."""
    root = await horde.account("root", moderator=True)
    first = await add(horde, mod, "kitten", 10, replacement="cat", description="Young cats")
    assert first == {
        "id": first["id"], "regex": "kitten", "filter_type": 10, "description": "Young cats", "replacement": "cat",
        "user": first["user"],
    }  # fmt: skip
    assert (first["user"].startswith("mod#"), first["id"].isdigit()) == (True, True)
    second = await add(horde, mod, "wet", 20)
    assert set(second) == {"id", "regex", "filter_type", "replacement", "user"}
    assert (await call(horde, "GET", "", mod)).json() == [first, second]
    assert (await call(horde, "GET", f"/{first['id']}", mod)).json() == first
    changed = await call(horde, "PATCH", f"/{first['id']}", root.api_key, {"regex": "kitt(en|y)", "filter_type": 11})
    assert changed.status_code == 200, changed.text
    assert changed.json() == {**first, "regex": "kitt(en|y)", "filter_type": 11, "user": f"root#{root.id}"}
    removed = await call(horde, "DELETE", f"/{first['id']}", mod)
    assert (removed.status_code, removed.json()) == (200, {"message": "OK"})
    assert (await call(horde, "GET", "", mod)).json() == [second]
    assert horde.outcome(await call(horde, "GET", f"/{first['id']}", mod)) == (404, "FilterNotFound")


async def test_filters_are_found_by_type_and_words(horde: Horde, mod: str) -> None:
    """§1.2: `filter_type`, and `contains`, a part of the regex or the description."""
    await add(horde, mod, r"kit+en\b", 10, description="Young cats")
    await add(horde, mod, "calf", 10)
    await add(horde, mod, "wet|100%_", 20, description="kit")

    async def found(**query: Any) -> list[str]:
        return [each["regex"] for each in (await call(horde, "GET", "", mod, **query)).json()]

    assert await found(filter_type=10) == [r"kit+en\b", "calf"]
    assert await found(contains="KIT") == [r"kit+en\b", "wet|100%_"]
    assert await found(contains="%_") == ["wet|100%_"]
    assert await found(contains="kit", filter_type=20) == ["wet|100%_"]
    assert await found(filter_type=29) == []
    assert await found(contains="a\0b") == []


async def test_adding_twice_is_adding_once(horde: Horde, mod: str) -> None:
    """§1.3: an entry that is there with this regex and type is answered unchanged."""
    first = await add(horde, mod, "kitten", 10, replacement="cat")
    assert await add(horde, mod, "kitten", 10, replacement="dog", description="later") == first
    other = await add(horde, mod, "kitten", 20)
    answer = await call(horde, "PATCH", f"/{other['id']}", mod, {"filter_type": 10})
    assert horde.outcome(answer) == (400, "BadRequest")


async def test_a_change_may_clear_and_must_name_something(horde: Horde, mod: str) -> None:
    """§1.5: nothing named → 400 `NoFilterModSelected`; empty values clear."""
    made = await add(horde, mod, "kitten", 10, replacement="cat", description="Young cats")
    answer = await call(horde, "PATCH", f"/{made['id']}", mod, {"replacement": "", "description": ""})
    assert answer.json() == {**{name: made[name] for name in ("id", "regex", "filter_type", "user")}, "replacement": ""}
    for body in ({}, {"unheard": 1}):
        assert horde.outcome(await call(horde, "PATCH", f"/{made['id']}", mod, body)) == (400, "NoFilterModSelected")
    unnamed = await call(horde, "PATCH", f"/{made['id']}", mod, {"regex": ""})
    assert (unnamed.status_code, list(unnamed.json()["errors"])) == (400, ["regex"])


@pytest.mark.parametrize("filter_id", ["0", "999999", "2147483648", "x", "-1", "1.5", "%C2%B2"])
async def test_a_filter_that_is_not_there(horde: Horde, mod: str, filter_id: str) -> None:
    """§1.5: 404 `FilterNotFound`."""
    for method, body in (("GET", None), ("PATCH", {"regex": "x"}), ("DELETE", None)):
        assert horde.outcome(await call(horde, method, f"/{filter_id}", mod, body)) == (404, "FilterNotFound")


@pytest.mark.parametrize("regex", ["(", "[z-a]", "a**", ".*", "kitten|", r"\b", "a{900}b" * 6])
async def test_a_regex_that_cannot_be_used_is_refused(horde: Horde, mod: str, regex: str) -> None:
    """§1.4: what does not compile, or matches every prompt, is 400 and kept nowhere."""
    answer = await call(horde, "PUT", "", mod, {"regex": regex, "filter_type": 10})
    assert horde.outcome(answer) == (400, "BadRequest")
    assert "regular expression" in answer.json()["message"]
    made = await add(horde, mod, "kitten", 10)
    assert horde.outcome(await call(horde, "PATCH", f"/{made['id']}", mod, {"regex": regex})) == (400, "BadRequest")
    assert (await call(horde, "GET", "", mod)).json() == [made]


async def test_a_replacement_must_fit_its_regex(horde: Horde, mod: str) -> None:
    """A reference to a group that is not there would fail when a prompt is rewritten."""
    body = {"regex": "(kit)ten", "filter_type": 10, "replacement": r"\2"}
    assert horde.outcome(await call(horde, "PUT", "", mod, body)) == (400, "BadRequest")
    made = await add(horde, mod, "(kit)ten", 10, replacement=r"\1")
    assert horde.outcome(await call(horde, "PATCH", f"/{made['id']}", mod, {"regex": "kitten"})) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"filter_type": 10}, "regex"), ({"regex": "x"}, "filter_type"),
        ({"regex": "x", "filter_type": 9}, "filter_type"),
        ({"regex": "x", "filter_type": 30}, "filter_type"), ({"regex": "x", "filter_type": "10"}, "filter_type"),
        ({"regex": "x" * 2001, "filter_type": 10}, "regex"), ({"regex": 5, "filter_type": 10}, "regex"),
        ({"regex": "x", "filter_type": 10, "description": "x" * 1001}, "description"),
        ({"regex": "x", "filter_type": 10, "replacement": "x" * 256}, "replacement"),
        ({"regex": "x", "filter_type": 10, "replacement": None}, "replacement"),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
async def test_a_filter_has_limits(horde: Horde, mod: str, body: dict[str, Any], field: str) -> None:
    """§1.3: types 10 to 29, text as text; our limits: 2000, 1000 and 255 characters."""
    answer = await call(horde, "PUT", "", mod, body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


async def test_nul_characters_are_refused(horde: Horde, mod: str) -> None:
    for body in ({"regex": "a\0b", "filter_type": 10}, {"regex": "a", "filter_type": 10, "description": "\0"}):
        assert horde.outcome(await call(horde, "PUT", "", mod, body)) == (400, "NulByteInPayload")


async def test_moderators_test_prompts(horde: Horde, mod: str, no_wet_kittens: None) -> None:
    """§1.6: production scoring, the score as text; nobody is punished."""
    answer = await call(horde, "POST", "", mod, {"prompt": "k i t t e n, (wet:1.2)###x"})
    FilterPromptSuspicion.model_validate(answer.json(), strict=True)
    assert answer.json()["suspicion"] == "2"
    assert answer.json()["matches"] == ["kitten", "wet"]
    assert len(answer.json()["filters"]) == 2
    of_one_type = await call(horde, "POST", "", mod, {"prompt": "wet kitten", "filter_type": 20})
    assert (of_one_type.json()["suspicion"], of_one_type.json()["matches"]) == ("1", ["wet"])
    nothing = await call(horde, "POST", "", mod, {"prompt": "a castle###wet kitten"})
    assert (nothing.json()["suspicion"], nothing.json()["matches"]) == ("0", [])
    assert (await horde.ask()).status_code == 202
    too_long = await call(horde, "POST", "", mod, {"prompt": "x" * 100_001})
    assert (too_long.status_code, list(too_long.json()["errors"])) == (400, ["prompt"])
    unasked = await call(horde, "POST", "", mod, {})
    assert (unasked.status_code, list(unasked.json()["errors"])) == (400, ["prompt"])


async def test_what_is_in_force_is_shown_by_type(horde: Horde, mod: str) -> None:
    """§1.6: the regexes of a type joined by |; types without any have no regex."""
    await add(horde, mod, "kitten", 10)
    await add(horde, mod, "puppy", 10)
    await add(horde, mod, "unused", 12)
    answer = await call(horde, "GET", "/regex", mod)
    for each in answer.json():
        FilterRegex.model_validate(each, strict=True)
    assert answer.json() == [{"filter_type": 10, "regex": "kitten|puppy"}, {"filter_type": 11}, {"filter_type": 20}]
    assert (await call(horde, "GET", "/regex", mod, filter_type=12)).json() == [{"filter_type": 12, "regex": "unused"}]
    unheard = await call(horde, "GET", "/regex", mod, filter_type="x")
    assert (unheard.status_code, list(unheard.json()["errors"])) == (400, ["filter_type"])


CALLS: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("PUT", "", {"regex": "x", "filter_type": 10}),
    ("POST", "", {"prompt": "x"}),
    ("GET", "/regex", None),
    ("GET", "/1", None),
    ("PATCH", "/1", {"regex": "y"}),
    ("DELETE", "/1", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS, ids=[f"{method} {path}" for method, path, _ in CALLS])
async def test_filters_are_for_moderators(
    horde: Horde, mod: str, method: str, path: str, body: dict[str, Any] | None
) -> None:
    """§1.1: 400 without a key, 401 for an unknown one, 403 `NotModerator`; nothing leaks from a cache."""
    made = await add(horde, mod, "kitten", 10)
    path = path.replace("1", made["id"])
    assert (await call(horde, "GET", path or "", mod)).status_code == 200
    ada = await horde.account("ada", trusted=True)
    without = await call(horde, method, path, None, body)
    assert (without.status_code, list(without.json()["errors"])) == (400, ["apikey"])
    assert horde.outcome(await call(horde, method, path, "x" * 22, body)) == (401, "InvalidAPIKey")
    assert horde.outcome(await call(horde, method, path, ada.api_key, body)) == (403, "NotModerator")
    assert (await call(horde, "GET", "", mod)).json() == [made]


# ---------------------------------------------------------------- freshness


async def test_filters_are_the_hordes_and_not_a_nodes(
    start_horde: StartHorde, horde: Horde, mod: str, no_wet_kittens: None
) -> None:
    """A change counts at once where it was made, on other nodes by notice, and on a node that starts later."""
    other = await start_horde()
    asker = await horde.account("sue", moderator=True)  # never kept out

    async def is_caught(node: Horde) -> bool:
        return (await node.ask(asker.api_key, "a wet kitten", replacement_filter=False)).status_code == 400

    assert await is_caught(horde)
    assert await is_caught(other)
    [first, _] = (await call(horde, "GET", "", mod)).json()
    await call(horde, "DELETE", f"/{first['id']}", mod)  # the last of its type
    assert not await is_caught(horde)

    async def is_free_there() -> bool:
        return not await is_caught(other)

    await horde.until(is_free_there, "the other node knows that the filter is gone")
    await add(other, mod, "kitt(?!y)", 11)

    async def is_caught_here() -> bool:
        return await is_caught(horde)

    await horde.until(is_caught_here, "the first node knows the new filter")


async def test_a_bad_filter_in_the_database_is_skipped(
    start_horde: StartHorde, horde: Horde, mod: str, no_wet_kittens: None
) -> None:
    """§1.7: compiled one by one; the others stay in force."""
    await horde.sql("INSERT INTO prompt_filter (filter_type, regex, account_id) VALUES (10, '(', 0), (20, 'a**', 0)")
    fresh = await start_horde()
    assert (await call(fresh, "GET", "/regex", mod, filter_type=10)).json()[0]["regex"] == r"\bkitten\b"
    assert horde.outcome(await fresh.ask(mod, "a wet kitten", replacement_filter=False)) == (400, "CorruptPrompt")


async def test_a_hostile_filter_stalls_nobody(horde: Horde, mod: str) -> None:
    """Patterns that take for ever elsewhere are taken, and requests go on: in linear time, or with a deadline."""
    for regex in (r"(a+)+$", r"(?:a|aa)+(?=\d)\d", r"(a|aa)+(?!x)$\b", r"([a-z ]*)*\1~", "(.*)*(?=b)c"):
        answer = await call(horde, "PUT", "", mod, {"regex": regex, "filter_type": 20})
        assert horde.outcome(answer) in ((200, None), (400, "BadRequest"))
    asker = await horde.account("ada", columns={"concurrency": 500})
    for length in (60, 900, 5000):
        assert (await horde.ask(asker.api_key, "a" * length + "!")).status_code == 202
