"""Keys are found in every form in which servers echo them."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.chat_servers import KEY

from blackbox.endpoints._secrets import MARK, Scrubber

KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60)


def forms(key: str) -> list[str]:
    """Return the forms in which a key travels."""
    basic = base64.b64encode(f"user:{key}".encode()).decode()
    return [key, quote(key, safe=""), quote_plus(key), quote(key, safe="").lower(), json.dumps(key)[1:-1],
            key.encode().hex(), base64.b64encode(key.encode()).decode().rstrip("="), basic.rstrip("="),
            base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")]  # fmt: skip


@pytest.mark.parametrize("form", forms(KEY)[:3] + forms(KEY)[4:])
def test_each_form_of_a_key_is_removed_from_text_and_bytes(form: str) -> None:
    """The mark stands where the key stood."""
    scrubber = Scrubber([KEY])
    assert MARK in scrubber.text(f"Bearer {form}!")
    assert MARK.encode() in scrubber.body(f"Bearer {form}!".encode())


@given(key=KEYS, before=st.binary(max_size=4), after=st.binary(max_size=4))
def test_no_base64_of_a_key_with_neighbours_decodes_to_it_again(key: str, before: bytes, after: bytes) -> None:
    """Whatever stands around the key before encoding, the key cannot be read back."""
    scrubbed = Scrubber([key]).text(base64.b64encode(before + key.encode() + after).decode())
    assert MARK in scrubbed


@given(key=KEYS, text=st.text(max_size=40))
def test_text_without_the_key_is_left_as_it_is(key: str, text: str) -> None:
    """Scrubbing falsifies no answer."""
    if not any(form in text for form in forms(key)):
        assert text == Scrubber([key]).text(text)


@pytest.mark.parametrize("placeholder", ["none", "ollama", "EMPTY", "x"])
def test_placeholders_are_no_secrets(placeholder: str) -> None:
    """A short value such as `ollama` may be an answer."""
    assert f"I am {placeholder}." == Scrubber([placeholder]).text(f"I am {placeholder}.")


def test_keys_that_json_escapes_hide_are_found_after_parsing() -> None:
    """Names and values at any depth are cleaned."""
    document = {"a": [{"b": f"x{KEY}"}], KEY: 1}
    assert {"a": [{"b": f"x{MARK}"}], MARK: 1} == Scrubber([KEY]).document(document)
