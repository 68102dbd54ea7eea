"""Asking for images: POST /generate/async (generation.md §1.3–1.4, §2.1–2.8, §9)."""

from __future__ import annotations


async def test_a_missing_key_is_400_and_a_wrong_one_401(horde):
    """§9.1: POST async without `apikey` → 400 with `errors.apikey`; with a wrong key → 401 `InvalidAPIKey`."""
    missing = await horde.ask(None)
    assert missing.status_code == 400
    assert "apikey" in missing.json()["errors"]
    assert "rc" not in missing.json()
    wrong = await horde.ask("not a key")
    assert (wrong.status_code, wrong.json()["rc"]) == (401, "InvalidAPIKey")
