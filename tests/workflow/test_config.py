"""Configuration: found, checked, resolved; wrong files end in one line that says what to write."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from blackbox.errors import BlackboxError, ConfigError
from blackbox.workflow import config_text
from blackbox.workflow.config import Flags, load, results_folder
from blackbox.workflow.config_file import SCHEMA_PATH, json_schema
from blackbox.workflow.config_text import looks_like_secret
from blackbox.workflow.replying import reply_entry
from blackbox.workflow.serving_script import read_script
from blackbox.workflow.starter import starter_text, write_starter

if TYPE_CHECKING:
    from collections.abc import Callable

LOCAL = "endpoints:\n  local: {kind: openai-chat, base_url: 'http://127.0.0.1:8000/v1', model: m}\n"
SECRET = "sk-proj-abcdefghij0123456789"


def written(folder: Path, text: str, name: str = "blackbox.yaml") -> Path:
    """Write a configuration and return its path."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refused(folder: Path, text: str, name: str = "blackbox.yaml") -> str:
    """Return the line that loading `text` ends in."""
    written(folder, text, name)
    with pytest.raises(ConfigError) as caught:
        load(None, environ={}, cwd=folder)
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_found_upward(tmp_path: Path) -> None:
    """The nearest file upward from the working folder holds."""
    path = written(tmp_path, LOCAL)
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    config = load(None, environ={}, cwd=inner)
    assert path == config.path
    assert "http://127.0.0.1:8000/v1" == config.endpoints["local"].base_url


def test_no_file_is_no_error(tmp_path: Path) -> None:
    """Commands that need no endpoint work where there is no file."""
    config = load(None, environ={}, cwd=tmp_path)
    assert {} == config.endpoints
    assert None is config.path


def test_precedence(tmp_path: Path) -> None:
    """A flag beats a variable, a variable the file, the file the default."""
    written(tmp_path, LOCAL + "label: file\nmax_requests: 7\n")
    assert "file" == load(None, environ={}, cwd=tmp_path).label
    environ = {"BLACKBOX_LABEL": "variable"}
    assert "variable" == load(None, environ=environ, cwd=tmp_path).label
    assert "flag" == load(None, environ=environ, cwd=tmp_path, flags=Flags(label="flag")).label
    assert (7, 0) == (load(None, environ={}, cwd=tmp_path).max_requests, load(None, environ={}, cwd=tmp_path).seed)


def test_folder_in_the_file_is_relative_to_the_file(tmp_path: Path) -> None:
    """`results` of a file means the same folder wherever below it a command runs."""
    written(tmp_path, LOCAL + "results: evidence\n")
    inner = tmp_path / "a"
    inner.mkdir()
    assert tmp_path / "evidence" == load(None, environ={}, cwd=inner).results


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("blackbox.toml", '[endpoints.local]\nkind = "openai-chat"\nbase_url = "http://127.0.0.1/v1"\nmodel = "m"\n'),
        (
            "blackbox.json",
            '{"endpoints": {"local": {"kind": "openai-chat", "base_url": "http://127.0.0.1/v1", "model": "m"}}}',
        ),
    ],
)
def test_toml_and_json_have_the_same_schema(tmp_path: Path, name: str, text: str) -> None:
    """The three formats hold the same fields."""
    written(tmp_path, text, name)
    assert "m" == load(None, environ={}, cwd=tmp_path).endpoints["local"].model


def test_unknown_field_names_line_and_nearest(tmp_path: Path) -> None:
    """A misspelt field is named with its line and the field that was meant."""
    text = "endpoints:\n  local:\n    kind: openai-chat\n    base_ulr: http://127.0.0.1/v1\n    model: m\n"
    line = refused(tmp_path, text)
    assert "blackbox.yaml:4:" in line
    assert "did you mean 'base_url'?" in line


def test_a_misspelt_field_that_is_needed_is_shown_as_misspelt(tmp_path: Path) -> None:
    """`modle` is the fault, not the `model` that is missing for it."""
    line = refused(tmp_path, "endpoints:\n  local: {preset: openai, modle: m}\n")
    assert "unknown field endpoints.local.modle; did you mean 'model'?" in line


def test_unknown_field_in_toml_has_its_line(tmp_path: Path) -> None:
    """TOML has no parser positions, and the line is named all the same."""
    text = '[endpoints.local]\nkind = "openai-chat"\nbase_ulr = "http://127.0.0.1/v1"\nmodel = "m"\n'
    assert "blackbox.toml:3:" in refused(tmp_path, text, "blackbox.toml")


def test_unknown_top_level_field(tmp_path: Path) -> None:
    """A misspelt top-level field is found too."""
    assert "did you mean 'endpoints'?" in refused(tmp_path, "endpoint: {}\n")


def test_tab_is_named_with_its_line(tmp_path: Path) -> None:
    """A tab in YAML ends in one line that says where and what to write."""
    line = refused(tmp_path, "endpoints:\n\tlocal: {}\n")
    assert "blackbox.yaml:2:" in line
    assert "tab" in line
    assert "spaces" in line


@pytest.mark.parametrize(
    "field",
    [f"api_key: {SECRET}", f"headers: {{Authorization: Bearer {SECRET}}}", f"extra_body: {{token: {SECRET}}}"],
)
def test_inline_key_is_refused_and_not_repeated(tmp_path: Path, field: str) -> None:
    """A key in the file is refused with the field to write instead, and the key is not in the message."""
    text = (
        f"endpoints:\n  local:\n    kind: openai-chat\n    base_url: http://127.0.0.1/v1\n    model: m\n    {field}\n"
    )
    line = refused(tmp_path, text)
    assert "blackbox.yaml:6:" in line
    assert "NAME_OF_THE_VARIABLE" in line
    assert SECRET not in line


def test_a_configuration_that_takes_keys_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above fails where nobody looks for them."""
    monkeypatch.setattr(config_text, "_refuse_secrets", lambda *_: None)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        test_inline_key_is_refused_and_not_repeated(tmp_path, f"api_key: {SECRET}")


@pytest.mark.parametrize(
    "value",
    [SECRET, "gsk_abcdefghijklmnop", "nvapi-ab_cd-ef_gh-ij", "0123456789abcdef0123456789abcdef", "Bearer abcdefghijk"],
)
def test_value_that_looks_like_a_key_is_refused_anywhere(tmp_path: Path, value: str) -> None:
    """A key under an innocent name is refused as well."""
    text = LOCAL + f"  other:\n    preset: openai\n    model: m\n    headers_env: {{X-Thing: '{value}'}}\n"
    line = refused(tmp_path, text)
    assert value not in line
    assert "headers_env" in line


@pytest.mark.parametrize("value", [SECRET, "gsk_abcdefgh1jklmnop2", "Bearer abcdefgh1jklmnop2"])
@pytest.mark.parametrize("field", ["model: '{}'", "model: m, claimed_model: '{}'", "model: m, '{}': 1"])
def test_a_key_is_refused_where_a_name_belongs_and_not_repeated(tmp_path: Path, field: str, value: str) -> None:
    """As a model, as a field's name; as an endpoint's name too."""
    for text in (f"endpoints: {{a: {{preset: openai, {field.format(value)}}}}}", f"endpoints: {{'{value}': {{}}}}"):
        line = refused(tmp_path, text)
        assert value not in line
        assert "looks like a key" in line


@pytest.mark.parametrize("name", ["sk-solar-pro-22b-instruct-2411", "hf-internal-testing/tiny-random-gpt2", "pk-large"])
def test_names_that_begin_like_keys_pass(tmp_path: Path, name: str) -> None:
    """A model's name is made of words and numbers."""
    path = tmp_path / "blackbox.yaml"
    path.write_text(f"endpoints: {{a: {{preset: openai, model: '{name}'}}}}", encoding="utf-8")
    assert name == config_text.read_file(path)[0].endpoints["a"].model


@pytest.mark.parametrize(
    "name",
    [
        "qwen2.5-14b-instruct",
        "meta-llama/Llama-3.1-8B-Instruct",
        "OPENAI_API_KEY",
        "together",
        "https://hf-inference-endpoint.example.com/v1",
    ],
)
def test_ordinary_names_are_no_keys(name: str) -> None:
    """Model, variable and host names pass."""
    assert not looks_like_secret(name)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://127.0.0.1/v1", "is not an http(s) address"),
        ("api.example.com/v1", "https://api.example.com/v1"),
        ("http://", "is not an http(s) address"),
        ("http://host:port/v1", "not an address"),
        ("https://me:hunter2@example.com/v1", "credentials"),
        ("https://example.com/v1?key=hunter2", "credentials"),
    ],
)
def test_wrong_base_url(tmp_path: Path, url: str, said: str) -> None:
    """A wrong address is named with what to write; what may be a password is not repeated."""
    line = refused(tmp_path, f"endpoints:\n  local: {{kind: openai-chat, base_url: '{url}', model: m}}\n")
    assert said in line
    assert "hunter2" not in line


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("{model: m}", "write preset: NAME, or kind: openai-chat"),
        ("{kind: openai-chat, model: m}", "no address"),
        ("{kind: openai-chat, base_url: 'http://127.0.0.1/v1'}", "write model: …"),
        ("{preset: opnai, model: m}", "did you mean 'openai'?"),
        ("{kind: openai-chta, base_url: 'http://127.0.0.1/v1', model: m}", "did you mean 'openai-chat'?"),
        ("{preset: openai, model: 4}", "found 4; should be a valid string"),
        ("{preset: openai, model: m, concurrency: 0}", "concurrency"),
        ("{preset: openai, model: m, rpm: fast}", "rpm"),
        ("{preset: openai, model: m, api_key_env: my key}", "not the name of an environment variable"),
        ("{preset: openai, model: m, prices: {input: 1}}", "input_per_mtok"),
        ("[]", "found a list"),
    ],
)
def test_wrong_block(tmp_path: Path, block: str, said: str) -> None:
    """Each slip in an endpoint block ends in one line that says what to write."""
    assert said in refused(tmp_path, f"endpoints:\n  local: {block}\n")


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words\n"])
def test_not_a_mapping(tmp_path: Path, text: str) -> None:
    """A file that holds no fields says what to write."""
    assert "write e.g. endpoints:" in refused(tmp_path, text)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n"])
def test_empty_file_has_no_endpoints(tmp_path: Path, text: str) -> None:
    """An empty file is a configuration without endpoints, not an error."""
    written(tmp_path, text)
    assert {} == load(None, environ={}, cwd=tmp_path).endpoints


def test_named_file_must_exist(tmp_path: Path) -> None:
    """`-c` with a wrong path says which."""
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: no such file"):
        load(Path("nowhere.yaml"), environ={}, cwd=tmp_path)


def test_vendor_key_goes_to_the_vendor_only(tmp_path: Path) -> None:
    """A preset's key variable is not used for another host, unless the block names it."""
    text = (
        "endpoints:\n"
        "  vendor: {preset: openai, model: m}\n"
        "  elsewhere: {preset: openai, base_url: 'https://proxy.example.com/v1', model: m}\n"
        "  named: {preset: openai, base_url: 'https://proxy.example.com/v1', model: m, api_key_env: OPENAI_API_KEY}\n"
        "  none: {preset: openai, model: m, api_key_env: null}\n"
    )
    written(tmp_path, text)
    config = load(None, environ={"OPENAI_API_KEY": SECRET}, cwd=tmp_path)
    found = {name: spec.api_key_env for name, spec in config.endpoints.items()}
    assert {"vendor": "OPENAI_API_KEY", "elsewhere": None, "named": "OPENAI_API_KEY", "none": None} == found
    assert ["elsewhere"] == [warning.split(":")[0] for warning in config.warnings]


def test_key_in_the_open_air_is_warned_of(tmp_path: Path) -> None:
    """A key over plain http to another machine is said; to this machine it is not."""
    text = (
        "endpoints:\n"
        "  far: {kind: openai-chat, base_url: 'http://example.com/v1', model: m, api_key_env: K}\n"
        "  near: {kind: openai-chat, base_url: 'http://127.0.0.1:1/v1', model: m, api_key_env: K}\n"
    )
    written(tmp_path, text)
    assert ("far: the key travels unencrypted to example.com; use https",) == load(
        None, environ={}, cwd=tmp_path
    ).warnings


def test_variable_that_does_not_fit(tmp_path: Path) -> None:
    """A number that is none is refused with an example."""
    with pytest.raises(ConfigError, match=r"BLACKBOX_MAX_COST: 'much' does not fit; write e\.g\. 0\.40"):
        load(None, environ={"BLACKBOX_MAX_COST": "much"}, cwd=tmp_path)


@pytest.mark.parametrize(
    ("environ", "name", "value"),
    [
        ({"BLACKBOX_SUITES": "a, b"}, "suites", ("a", "b")),
        ({"BLACKBOX_SEED": "7"}, "seed", 7),
        ({"BLACKBOX_MAX_COST": "0.5"}, "max_cost", 0.5),
        ({"BLACKBOX_MAX_REQUESTS": "9"}, "max_requests", 9),
        ({"BLACKBOX_RESULTS": "there"}, "results", Path("there")),
    ],
)
def test_every_variable(tmp_path: Path, environ: dict[str, str], name: str, value: object) -> None:
    """Each setting has a variable of its name."""
    assert value == getattr(load(None, environ=environ, cwd=tmp_path), name)


@pytest.mark.parametrize(("variable", "text"), [("BLACKBOX_SEED", "-1"), ("BLACKBOX_MAX_COST", "nan")])
def test_variable_out_of_range(tmp_path: Path, variable: str, text: str) -> None:
    """Numbers that can't be meant are refused."""
    with pytest.raises(ConfigError, match=variable):
        load(None, environ={variable: text}, cwd=tmp_path)


def test_variable_names_the_file(tmp_path: Path) -> None:
    """BLACKBOX_CONFIG stands for -c."""
    path = written(tmp_path, LOCAL, "other.yaml")
    assert path == load(None, environ={"BLACKBOX_CONFIG": "other.yaml"}, cwd=tmp_path).path


@pytest.mark.parametrize(
    ("content", "said"), [(b"endpoints: {}\n\xff\n", ":2: not UTF-8"), (b"#" * 1_000_001, "larger than")]
)
def test_unreadable_bytes(tmp_path: Path, content: bytes, said: str) -> None:
    """A file that is no text, or too much of it, ends in one line."""
    (tmp_path / "blackbox.yaml").write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        load(None, environ={}, cwd=tmp_path)


@pytest.mark.parametrize(
    "read",
    [
        lambda path: load(path, environ={}, cwd=path.parent),
        reply_entry,
        lambda path: read_script(path, served=()),
    ],
    ids=["configuration", "reply", "script"],
)
def test_a_file_without_an_end_is_refused_at_its_limit(tmp_path: Path, read: Callable[[Path], object]) -> None:
    """Of 100 MB no more is read than may be there: a device that never ends is refused as well."""
    with (tmp_path / "blackbox.yaml").open("wb") as file:
        file.truncate(100_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(BlackboxError, match=r"larger than|longer than"):
            read(tmp_path / "blackbox.yaml")
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_broken_toml_names_its_line(tmp_path: Path) -> None:
    """A syntax error in TOML names the line."""
    assert "blackbox.toml:2: not valid TOML" in refused(tmp_path, "seed = 1\nlabel = \n", "blackbox.toml")


def test_suites_in_the_file_are_relative_to_the_file(tmp_path: Path) -> None:
    """A suite that is a file beside the configuration is found from any folder; a name stays a name."""
    written(tmp_path, "suites: [mine.yaml, one-token]\n")
    (tmp_path / "mine.yaml").touch()
    (tmp_path / "a").mkdir()
    assert (str(tmp_path / "mine.yaml"), "one-token") == load(None, environ={}, cwd=tmp_path / "a").suites


def test_misspelt_variable_is_not_ignored(tmp_path: Path) -> None:
    """A misspelt limit would be none: it is an error; other names may be key variables."""
    with pytest.raises(ConfigError, match="did you mean BLACKBOX_MAX_COST"):
        load(None, environ={"BLACKBOX_MAXCOST": "1"}, cwd=tmp_path)
    assert 0 == load(None, environ={"BLACKBOX_VENDOR_KEY": "1"}, cwd=tmp_path).seed


def test_results_flag_needs_no_good_file(tmp_path: Path) -> None:
    """A broken file doesn't stop commands that were told the folder."""
    written(tmp_path, "\tbroken")
    assert Path("here") == results_folder(Path("here"), environ={}, cwd=tmp_path)
    assert Path("there") == results_folder(None, environ={"BLACKBOX_RESULTS": "there"}, cwd=tmp_path)


def test_published_schema_is_the_one_that_is_checked() -> None:
    """`python -m blackbox.workflow.config_file` writes the published schema anew after a change."""
    assert json_schema() == SCHEMA_PATH.read_text(encoding="utf-8")


def test_schema_accepts_and_refuses_what_load_does() -> None:
    """Editors see the same rules as `load`."""
    import jsonschema

    schema = json.loads(json_schema())
    block = {"kind": "openai-chat", "base_url": "http://127.0.0.1/v1", "model": "m"}
    jsonschema.validate({"endpoints": {"local": block}}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"endpoints": {"local": {**block, "api_key": "x"}}}, schema)


def test_starter_loads_and_is_never_overwritten(tmp_path: Path) -> None:
    """What `init` writes is valid, refers to its schema, and stays as it was at the second call."""
    started = write_starter(tmp_path)
    assert f"# yaml-language-server: $schema=./{started.schema_path.name}" in started.path.read_text(encoding="utf-8")
    assert ["local"] == list(load(None, environ={}, cwd=tmp_path).endpoints)
    with pytest.raises(Exception, match="exists already"):
        write_starter(tmp_path)


def test_every_commented_preset_of_the_starter_works(tmp_path: Path) -> None:
    """Uncommenting a preset's line gives an endpoint."""
    text = starter_text().replace("  # my-", "  my-").replace("model: …", "model: m")
    written(tmp_path, text)
    config = load(None, environ={}, cwd=tmp_path)
    assert len(config.endpoints) > len(["local"])
    assert all(spec.preset == name.removeprefix("my-") for name, spec in config.endpoints.items() if name != "local")


def test_example_of_the_design_loads(tmp_path: Path) -> None:
    """Four ways to name an endpoint: two vendors, a reseller with pinned routing, an address of one's own."""
    text = """\
endpoints:
  qwen-official: {preset: dashscope, model: qwen2.5-14b-instruct}      # preset = base_url + api_key_env
  pangu-maas: {preset: huawei-maas, model: pangu-pro-moe}
  qwen-reseller:
    {preset: openrouter, model: qwen/qwen-2.5-14b-instruct, routing: {order: [together], allow_fallbacks: false}}
  local: {kind: openai-chat, base_url: http://127.0.0.1:8000/v1, model: m, claimed_model: qwen25coder32binstruct}
"""
    written(tmp_path, text)
    config = load(None, environ={}, cwd=tmp_path)
    assert () == config.warnings
    reseller = config.endpoints["qwen-reseller"]
    assert (["together"], False) == (reseller.routing["order"], reseller.routing["allow_fallbacks"])
    assert reseller.known_quirks


def test_unpinned_router_is_warned_of_and_recorded(tmp_path: Path) -> None:
    """A router without a pinned host is several servers in one: said at once and kept with the endpoint."""
    written(tmp_path, "endpoints:\n  reseller: {preset: openrouter, model: m}\n")
    config = load(None, environ={}, cwd=tmp_path)
    assert "routing.order is not set" in config.warnings[0]
    assert "routing.order is not set" in config.endpoints["reseller"].known_quirks[0]
