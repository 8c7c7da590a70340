"""What identifies or unlocks is taken out of prompts; what merely looks alike stays."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackbox.core import Message
from blackbox.errors import SuiteError
from blackbox.suites import lint
from blackbox.suites.redaction import is_card, is_iban, redacted
from blackbox.suites.traffic import TrafficOptions, traffic_suite
from blackbox.suites.writing import suite_text

# The keys below are made up; the card and account numbers are the published test numbers.
FOUND: dict[str, tuple[str, str]] = {
    "Mail anna.b+x@mail.example.org now": ("Mail [email] now", "email"),
    "Call +44 20 7946 0958 or wait": ("Call [phone] or wait", "phone"),
    "手机13800138000打给我": ("手机[phone]打给我", "phone"),
    "card 4111 1111 1111 1111 please": ("card [card] please", "card"),
    "to DE89 3704 0044 0532 0130 00, thanks": ("to [iban], thanks", "iban"),
    "use sk-proj-abcdefghijklmnop1234": ("use [key]", "key"),
    "AKIAIOSFODNN7EXAMPLE is mine": ("[key] is mine", "key"),
    "password: hunter2!x": ("password: [secret]", "secret"),
    "DB_PASSWORD=tr0ub4dor": ("DB_PASSWORD=[secret]", "secret"),
    "密码是：abcd1234": ("密码是：[secret]", "secret"),
    "密码: abcd1234": ("密码: [secret]", "secret"),
    "postgres://bob:s3cr3t@db.example/x": ("postgres://bob:[password in address]@db.example/x", "password in address"),
    "key 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b": ("key [key]", "key"),
    "Call (212) 555-0187 tonight": ("Call [phone] tonight", "phone"),
    "or 415-555-0199.": ("or [phone].", "phone"),
    "SSN 219-09-9999 is a sample": ("SSN [identity number] is a sample", "identity number"),
    "ping 192.168.100.200, then": ("ping [ip address], then", "ip address"),
    "route 2001:db8:85a3:0:0:8a2e:370:7334 is down": ("route [ip address] is down", "ip address"),
    "身份证11010519491231002X": ("身份证[identity number]", "identity number"),
    "card 4111 1111 1111 1111 12/26": ("card [card] 12/26", "card"),
    "DE89 3704 0044 0532 0130 00 BIC COBADEFFXXX": ("[iban] BIC COBADEFFXXX", "iban"),
    "iban de89-3704-0044-0532-0130-00, mine": ("iban [iban], mine", "iban"),
    "+49 170 1234567 2024-11-28 10:00": ("[phone] 2024-11-28 10:00", "phone"),
    "тел. 8 (916) 123-45-67": ("тел. [phone]", "phone"),
    "هاتف ٠٥٠١٢٣٤٥٦٧": ("هاتف [phone]", "phone"),
    "call 0170/1234567": ("call [phone]", "phone"),
    "2001:db8::8a2e:370:7334 answers": ("[ip address] answers", "ip address"),
    'password: "correct horse battery"': ('password: "[secret]"', "secret"),
    "password: pass": ("password: [secret]", "secret"),
    "пароль: qwerty12": ("пароль: [secret]", "secret"),
    "密码是abc123，谢谢": ("密码是[secret]，谢谢", "secret"),
    "pass: x1y": ("pass: [secret]", "secret"),
    "Authorization: Bearer abcdef1234567890": ("Authorization: Bearer [key]", "key"),
    "ASIAIOSFODNN7EXAMPLE": ("[key]", "key"),
    "postgres://bob:p@ss@db/x": ("postgres://bob:[password in address]@db/x", "password in address"),
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----": ("[private key]", "private key"),
}
KEPT = (
    "What is 1234 5678 9012 3456 divided by 7?",  # fails the card's check digit
    "In 1998 the price rose from 12.50 to 13.75 euros.",
    "Explain how a password manager works.",
    "The word Donaudampfschifffahrtsgesellschaft is long.",
    "It starts at 12:30:45 and the score is 301.555.0187.2, see 999-00-1234.",
    "bypass: on; the compass is broken; std::vector a::b and ::1; basic communication skills",
    "from 01/02/2024 10:30 on, 1 234 567 890 ways, 0.00012345678 of 1990 - 2000 - 2010",
    "Version 3.11.4 of the file at /usr/lib/python3.11/site-packages/numpy",
)


@pytest.mark.parametrize("text", FOUND)
def test_what_identifies_or_unlocks_is_marked(text: str) -> None:
    """The mark stands where it stood, the rest is untouched, and it is counted."""
    expected, kind = FOUND[text]
    found = redacted(text)
    assert found.text == expected
    assert dict(found.counts) == {kind: 1}


@pytest.mark.parametrize("text", KEPT)
def test_what_only_looks_alike_stays(text: str) -> None:
    """Numbers without a valid check digit, prices, versions and long words are no secrets."""
    assert redacted(text).text == text


@given(st.text(st.characters(codec=None)))
def test_any_text_can_be_redacted_twice(text: str) -> None:
    """Redacting again finds nothing that the first pass left in e-mail, card or account form."""
    again = redacted(redacted(text).text)
    assert not {"email", "card", "iban"} & set(again.counts)


def test_check_digits() -> None:
    """Luhn and modulo 97, on published examples with one digit changed."""
    assert is_card("4111111111111111")
    assert not is_card("4111111111111112")
    assert not is_card("0000000000000000")
    assert is_iban("GB82 WEST 1234 5698 7654 32")
    assert not is_iban("GB82 WEST 1234 5698 7654 33")


def options(**changes: object) -> TrafficOptions:
    """Return options for a suite of three prompts."""
    stated = {
        "name": "mine", "n_probes": 3, "repeats": 2, "max_output_tokens": 50, "licence": "own",
        "source": {"dataset": "log.csv", "sha256": "0" * 64, "column": "prompt"},
    }  # fmt: skip
    return TrafficOptions(**{**stated, **changes})  # type: ignore[arg-type]


def test_traffic_becomes_a_suite_with_its_origin() -> None:
    """Different usable prompts, redacted, drawn by seed; what was left out and redacted is counted."""
    cells = [
        "Write to a@b.example",
        "Hi",
        " Hi ",
        "",
        None,
        7,
        "x" * 9000,
        "bad \ud800",
        "How are tides made?",
        "Sort a list",
    ]
    suite = traffic_suite(cells, options(n_probes=10))
    asked = {p.messages[-1].content for p in suite.probes}
    assert asked == {"Write to [email]", "Hi", "How are tides made?", "Sort a list"}
    told = suite.provenance
    assert told["left_out"] == {
        "asked before": 1, "blank": 1, "lone surrogate": 1, "not text": 2, "too long": 1,
    }  # fmt: skip
    assert (told["redacted"], told["n_different"], told["sha256"]) == ({"email": 1}, 4, "0" * 64)
    assert (suite.licence, lint(suite)) == ("own", ())
    assert traffic_suite(reversed(cells), options(n_probes=10)).probes == suite.probes


def test_a_chat_keeps_its_messages_redacted() -> None:
    """Every message is; one without a system message gets the suite's; a blank one is left out."""
    asked = Message(role="user", content="Write to a@b.example"), Message(role="assistant", content="Done")
    chat = (*asked, Message(role="user", content="And now?"))
    blank = (Message(role="system", content=" "), Message(role="user", content="Hi"))
    suite = traffic_suite([chat, blank, "Hi"], options())
    contents = {tuple(message.content for message in probe.messages) for probe in suite.probes}
    system = "You are a helpful assistant."
    assert contents == {(system, "Write to [email]", "Done", "And now?"), (system, "Hi")}
    assert (suite.provenance["left_out"], lint(suite)) == ({"blank": 1}, ())


def test_the_seed_draws_the_prompts() -> None:
    """Three of twenty, the same for the same seed."""
    cells = [f"Question number {n}?" for n in range(20)]
    found = [{p.id for p in traffic_suite(cells, options(seed=seed)).probes} for seed in (0, 0, 1)]
    assert [len(each) for each in found] == [3, 3, 3]
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize(
    ("cells", "changes", "said"),
    [
        (["", 7, 8], {}, r"the column holds no usable prompt \(1 × blank, 2 × not text\): texts of 1 to"),
        (["Hi"], {"licence": ""}, "the dataset states no licence; say which with --licence"),
        (["Hi"], {"name": "My Suite"}, "'My Suite' is not a valid suite name; .* e.g. my-suite"),
    ],
)
def test_what_cannot_be_made_is_one_line(cells: list[object], changes: dict[str, object], said: str) -> None:
    """No prompt, no licence, no name."""
    with pytest.raises(SuiteError, match=said):
        traffic_suite(cells, options(**changes))


@given(st.lists(st.text(max_size=20), min_size=1, max_size=2))
@settings(max_examples=20)
def test_a_made_suite_reads_back_as_it_was(cells: list[str]) -> None:
    """Whatever the prompts hold, the written text is locked and gives the same suite."""
    from blackbox.suites import parse

    try:
        suite = traffic_suite(cells, options(redact=False))
    except SuiteError:
        return
    again = parse(suite_text(suite.document), source="mine.yaml")
    assert (again.digest, again.probes) == (suite.digest, suite.probes)
