"""What is sent: exactly what is stated, with the named keys, and nothing the environment slips in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from support.chat_servers import CALL, KEY, asked, chat_spec, replied

from blackbox import registry
from blackbox.core import Call, Decoding, Message
from blackbox.endpoints._sending import CONNECTIONS_A_POOL, Pools, open_connections, proxy_for
from blackbox.endpoints._transport import GuardedTransport
from blackbox.endpoints.openai_chat import ENDPOINT
from blackbox.errors import ConfigError, RequestRejected

if TYPE_CHECKING:
    from collections.abc import Callable

AMBIENT = {
    "OPENAI_API_KEY": "sk-ambient-key-0001",
    "OPENAI_ADMIN_KEY": "sk-ambient-key-0002",
    "OPENAI_BASE_URL": "http://127.0.0.1:2/ambient",
    "OPENAI_ORG_ID": "org-ambient-0003",
    "OPENAI_PROJECT_ID": "proj-ambient-0004",
    "OPENAI_WEBHOOK_SECRET": "whsec-ambient-0005",
    "OPENAI_CUSTOM_HEADERS": "Authorization: Bearer ambient-0006\nX-Secret: ambient-0007\nUser-Agent: ambient-0008",
    "HTTP_PROXY": "http://127.0.0.1:2",
    "ALL_PROXY": "http://127.0.0.1:2",
}


async def sent(call: Call = CALL, environ: dict[str, str] | None = None, **changes: Any) -> httpx2.Request:
    """Return the request that one call sends."""
    seen: list[httpx2.Request] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json=replied(content="Blue"))

    await asked(handler, call, environ=environ, **changes)
    assert 1 == len(seen)
    return seen[0]


async def test_everything_stated_is_sent_and_nothing_else() -> None:
    """Each setting stands in its field, and fields without a setting are absent."""
    tool = {"type": "function", "function": {"name": "roll", "parameters": {"type": "object"}}}
    call = Call(
        messages=(Message(role="system", content="Be brief."), Message(role="user", content="颜色?")),
        decoding=Decoding(temperature=0.0, top_p=0.5, max_output_tokens=16, seed=7, stop=("\n",), top_logprobs=0),
        tools=(tool,),
    )
    request = await sent(call, extra_body={"top_k": 5}, routing={"order": ["together"], "allow_fallbacks": False})
    assert {
        "model": "m-1",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "颜色?"}],
        "temperature": 0.0,
        "top_p": 0.5,
        "max_tokens": 16,
        "seed": 7,
        "stop": ["\n"],
        "logprobs": True,
        "top_logprobs": 0,
        "tools": [tool],
        "top_k": 5,
        "provider": {"order": ["together"], "allow_fallbacks": False},
    } == json.loads(request.content)
    assert ("POST", "http://127.0.0.1:1/v1/chat/completions") == (request.method, str(request.url))


async def test_unstated_decoding_is_not_sent() -> None:
    """The server's defaults apply and are not guessed."""
    request = await sent(Call(messages=CALL.messages, decoding=Decoding()))
    assert {"model", "messages"} == set(json.loads(request.content))


async def test_the_token_limit_goes_into_the_configured_field() -> None:
    """Newer models take another field than older servers."""
    request = await sent(token_limit_field="max_completion_tokens")
    assert 16 == json.loads(request.content)["max_completion_tokens"]
    assert "max_tokens" not in json.loads(request.content)


async def test_headers_are_a_fixed_list() -> None:
    """An ordinary client's headers, the key, and those the endpoint names."""
    environ = {"SHOP_KEY": f" {KEY}\n", "TEAM": "blue-team"}
    request = await sent(environ=environ, headers_env={"X-Team": "TEAM"})
    assert {
        "host", "content-length", "accept", "content-type", "user-agent", "authorization", "accept-encoding", "x-team",
    } == set(request.headers)  # fmt: skip
    assert (f"Bearer {KEY}", "blue-team") == (request.headers["authorization"], request.headers["x-team"])


async def test_an_endpoint_without_a_key_sends_no_authorization() -> None:
    """A local server gets no placeholder either."""
    assert "authorization" not in (await sent(api_key_env=None)).headers


async def test_ambient_settings_of_the_client_library_reach_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A vendor's key, organisation, headers and address in the environment change nothing that is sent."""
    plain_request = await sent(api_key_env=None)
    for name, value in AMBIENT.items():
        monkeypatch.setenv(name, value)
    request = await sent(api_key_env=None)
    assert (plain_request.url, plain_request.headers, plain_request.content) == (
        request.url, request.headers, request.content,
    )  # fmt: skip


async def test_a_transport_that_passes_on_what_the_client_adds_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests above see headers that the client library puts on by itself."""
    monkeypatch.setattr(GuardedTransport, "_outgoing", lambda _self, request: request)
    assert any(name.startswith("x-stainless") for name in (await sent(api_key_env=None)).headers)


async def test_the_client_never_holds_the_key() -> None:
    """Whatever the client library keeps, logs or raises cannot contain it."""
    async with ENDPOINT.open(chat_spec(), {"SHOP_KEY": KEY}) as endpoint:
        client = endpoint._create.__wrapped__.__self__._client
        assert "none" == client.api_key
        assert KEY not in repr(vars(client)) + repr(vars(client._client))


@pytest.mark.parametrize(
    ("changes", "environ", "words"),
    [
        ({}, {}, "shop: the environment variable SHOP_KEY is not set"),
        ({}, {"SHOP_KEY": "  "}, "SHOP_KEY is not set"),
        ({}, {"SHOP_KEY": "sk-a\nb"}, "SHOP_KEY holds a character"),
        ({}, {"SHOP_KEY": "sk-ключ"}, "SHOP_KEY holds a character"),
        ({"headers_env": {"X": "TEAM"}}, {"SHOP_KEY": KEY}, "TEAM is not set"),
        ({"base_url": "127.0.0.1/v1"}, {"SHOP_KEY": KEY}, "not an http or https address"),
        ({"base_url": "ftp://a.example"}, {"SHOP_KEY": KEY}, "not an http or https address"),
        ({"base_url": "http://a:b@a.example"}, {"SHOP_KEY": KEY}, "user name or password"),
        ({"base_url": "http://[::1"}, {"SHOP_KEY": KEY}, "not an address"),
        ({"base_url": "http://a.example:x/"}, {"SHOP_KEY": KEY}, "not an address"),
        ({"extra_body": {"temperature": 1}}, {"SHOP_KEY": KEY}, "extra_body sets temperature"),
        ({"extra_body": {"provider": {}}, "routing": {"order": []}}, {"SHOP_KEY": KEY}, "keep routing"),
        ({"token_limit_field": "limit"}, {"SHOP_KEY": KEY}, "token_limit_field"),
    ],
)
async def test_what_cannot_work_is_said_before_the_first_call(
    changes: dict[str, Any], environ: dict[str, str], words: str
) -> None:
    """The line names the endpoint and the setting or variable, never a value that may be a key."""
    with pytest.raises(ConfigError, match=words):
        async with ENDPOINT.open(chat_spec(**changes), environ):
            pass


async def test_text_that_cannot_be_encoded_is_refused_as_a_request() -> None:
    """Half a surrogate pair in a probe has no UTF-8 form."""
    call = Call(messages=(Message(role="user", content="\ud83d"),), decoding=Decoding())
    with pytest.raises(RequestRejected, match="unencodable"):
        await sent(call)


@pytest.mark.parametrize(
    ("base_url", "environ", "proxy"),
    [
        ("https://a.example/v1", {}, None),
        ("https://a.example/v1", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("https://a.example/v1", {"https_proxy": "http://p:1"}, "http://p:1"),
        ("https://a.example/v1", {"HTTP_PROXY": "http://p:1"}, None),
        ("https://a.example/v1", {"ALL_PROXY": "http://p:1"}, "http://p:1"),
        ("https://a.example/v1", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "b.example, .example"}, None),
        ("https://a.example/v1", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, None),
        ("https://ba.example/v1", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "a.example"}, "http://p:1"),
        ("http://127.0.0.1:8000/v1", {"HTTP_PROXY": "http://p:1"}, None),
        ("http://localhost:8000/v1", {"ALL_PROXY": "http://p:1"}, None),
    ],
)
def test_the_usual_proxy_variables_are_honoured(base_url: str, environ: dict[str, str], proxy: str | None) -> None:
    """Loopback and exempted hosts are reached directly."""
    assert proxy == proxy_for(base_url, environ)


def test_an_unsupported_proxy_is_one_clear_line() -> None:
    """A SOCKS address needs a package we do not ship."""
    spec = chat_spec(base_url="https://a.example/v1")
    with pytest.raises(ConfigError, match="shop: the proxy must be"):
        open_connections(spec, {"ALL_PROXY": "socks5://127.0.0.1:1"})


@pytest.mark.parametrize(("concurrency", "n_pools"), [(1, 1), (8, 1), (9, 2), (64, 8)])
def test_many_connections_are_spread_over_small_pools(concurrency: int, n_pools: int) -> None:
    """No pool has more than its share."""
    transport = open_connections(chat_spec(concurrency=concurrency), {})
    pools = transport._pools if isinstance(transport, Pools) else [transport]
    assert (n_pools, CONNECTIONS_A_POOL) == (len(pools), 8)


def test_the_kind_is_found_by_its_file_name() -> None:
    """A configuration writes `openai-chat`."""
    assert registry.endpoint_kind("openai-chat") is ENDPOINT


@pytest.fixture
def load() -> Callable[[], Any]:
    """Return the loader of presets."""
    from blackbox.endpoints._presets import load_presets

    return load_presets


def test_presets_say_where_they_come_from(load: Callable[[], Any]) -> None:
    """Each has source, date, status and quirks, and its base_url is on its own host."""
    presets = load()
    assert ["openai", "openrouter", "dashscope", "dashscope-intl", "huawei-maas", "vllm", "ollama"] == list(presets)
    for preset in presets.values():
        assert preset.source.startswith("https://")
        assert ("unverified", "2026-11-23", True) == (
            preset.status, preset.date.isoformat(), preset.is_own_host(preset.base_url),
        )  # fmt: skip
        assert preset.known_quirks
        assert preset.kind in {name.replace("_", "-") for name in registry.names("endpoints")}


@pytest.mark.parametrize(
    ("name", "base_url", "own"),
    [
        ("openai", "https://api.openai.com/v1", True),
        ("openai", "https://api.openai.com.evil.example/v1", False),
        ("openai", "https://evil.example/api.openai.com", False),
        ("dashscope", "https://ws1.ap-southeast-1.maas.aliyuncs.com/compatible-mode/v1", True),
        ("dashscope", "https://evilmaas.aliyuncs.com/v1", False),
        ("vllm", "http://10.0.0.5:8000/v1", False),
    ],
)
def test_a_vendors_key_belongs_to_the_vendors_hosts(
    load: Callable[[], Any], name: str, base_url: str, *, own: bool
) -> None:
    """Look-alike hosts are other hosts."""
    assert own == load()[name].is_own_host(base_url)


def test_the_router_is_pinned(load: Callable[[], Any]) -> None:
    """Fallbacks are off, unknown parameters are refused, and an order must be named."""
    preset = load()["openrouter"]
    assert ({"allow_fallbacks": False, "require_parameters": True}, ("routing.order",)) == (
        preset.routing, preset.needs,
    )  # fmt: skip
