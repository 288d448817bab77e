"""Settings: what a file and the environment may say, and the sentence for everything else."""

import importlib.resources
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.core.rules import Rules
from gateway.settings import SettingsError, broker_folder, example, load, store_place, zone
from gateway.settings.secret import SECRETS
from gateway.settings.sections import SECTIONS, Settings

WRONG = [
    ("port = 3", "port stands above every section; write it under [broker] or [console]"),
    ("colour = 1", "colour is not a setting; `menshen settings --example` prints them all"),
    ('[brokr]\nhost = "x"', "[brokr] is not a section; did you mean [broker]?"),
    (
        "[zzz]",
        "[zzz] is not a section; there are [site], [store], [broker], [ble], [console], "
        "[accounts], [oidc], [webhook], [push], [influx], [home_assistant], [log], [ping], "
        "[retention], [backup], [keys], [household], [rules]",
    ),
    ("site = 3", "site is 3; write it as a section, [site]"),
    ('[site]\nname = ""', 'site.name is ""; allowed is one line of 1 to 60 characters'),
    ('[site]\nlanguage = "fr"', 'site.language is "fr"; allowed is "zh" or "en"'),
    ("[store]\npath = 3", "store.path is 3; allowed is the path of a file"),
    ('[store]\npath = ""', 'store.path is ""; allowed is the path of a file'),
    (
        '[broker]\nhost = "mqtt://pi"',
        'broker.host is "mqtt://pi"; allowed is a host name or an address, without port or scheme',
    ),
    ("[broker]\nport = 0", "broker.port is 0; allowed is a whole number from 1 to 65535"),
    ("[broker]\nport = 70000", "broker.port is 70000; allowed is a whole number from 1 to 65535"),
    ('[broker]\nport = "1"', 'broker.port is "1"; allowed is a whole number from 1 to 65535'),
    ("[broker]\nport = true", "broker.port is true; allowed is a whole number from 1 to 65535"),
    ("[broker]\nport = [1]", "broker.port is a list; allowed is a whole number from 1 to 65535"),
    ("[broker]\nprot = 1", "broker.prot is not a setting; did you mean broker.port?"),
    (
        "[broker]\nxyz = 1",
        "broker.xyz is not a setting; [broker] has host, port, tls, ca, folder, pid_file, user, ",
    ),
    ("[rules]\nxyz = 1", "rules.xyz is not a setting; `menshen settings --example` prints them"),
    ("[rules]\n" + "k" * 300 + " = 1", f"rules.{'k' * 59}… is not a setting; `menshen settings"),
    ('[rules]\nlanguage = "en"', "rules.language is not a setting; did you mean site.language?"),
    ("[broker]\ntls = 1", "broker.tls is 1; allowed is true or false"),
    ("[broker]\necho_s = nan", "broker.echo_s is NaN; allowed is seconds between two self-tests"),
    ('[broker]\nca = "x"', "broker.ca is given but broker.tls is false; set tls = true, or no ca"),
    ('[console]\nhost = "0.0.0.0"', 'console.host is "0.0.0.0", so names and addresses of people'),
    (
        '[console]\ncertificate = "c"',
        "console.certificate is given without console.key; HTTPS needs",
    ),
    ('[console]\nkey = "k"', "console.key is given without console.certificate; HTTPS needs both"),
    *(
        (f'[console]\npublic_url = "{url}"', "allowed is the https address by which phones open")
        for url in (
            "http://x.cn",
            "https://x.cn?a=1",
            "https://x.cn/#a",
            "https://127.0.0.1",
            "x.cn",
            "https://x.cn/" + "a" * 200,
        )
    ),
    (
        '[console]\npublic_url = "https://a:b@x.cn"',
        'public_url is "https://…@x.cn"; allowed is the',
    ),
    ('[webhook]\nurl = "ftp://x"', 'webhook.url is "ftp://x"; allowed is an address that begins'),
    ('[webhook]\nurl = "http://a:b@x"', 'webhook.url is "http://…@x"; allowed is an address'),
    (
        '[influx]\nurl = "http://x"\norg = "o"',
        "influx.bucket is empty but influx.url is given; set bucket as well",
    ),
    (
        '[home_assistant]\nprefix = "a/b"',
        'home_assistant.prefix is "a/b"; allowed is Home Assistant\'s discovery prefix',
    ),
    (
        '[home_assistant]\nca = "/ca.crt"',
        "home_assistant.ca is given but home_assistant.tls is false; set tls = true, or no ca",
    ),
    ("[rules]\nburst_count = 1", "rules.burst_count is 1; allowed is 2 to 100"),
    (
        "[rules]\ndeputy_ms = 20000",
        "rules.deputy_ms is 20000, less than rules.second_ms, which is 30000; set deputy_ms to 300",
    ),
    ('[site]\nzone = "Mars"', 'site.zone is "Mars"; allowed is a time zone such as "Asia/Sh'),
    ("classes = 3", "classes is 3; write up to 32 classes of doors, each as a section"),
    (
        "[classes.heavy]\nsettle_ms = 1",
        "classes.heavy.settle_ms is 1; allowed is 1000 to 86400000 (quiet so long: believed)",
    ),
    ("[classes.heavy]\nsetle_ms = 1", "classes.heavy.setle_ms is not a setting; did you mean se"),
    ("[classes.heavy]\noutage_doors = 9", "classes.heavy.outage_doors cannot be set for a class"),
    (
        "[classes.heavy]\nlost_heartbeats = 2\nlate_heartbeats = 3",
        "classes.heavy.lost_heartbeats is 2, less than classes.heavy.late_heartbeats, which is 3",
    ),
    ("[site]\nname = Menshen", "menshen.toml is not TOML: Invalid value (at line 2, column 8); "),
]


@pytest.fixture(autouse=True)
def _no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS.values():
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name + "_FILE", raising=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "menshen.toml"


def refusal(path: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        load(path)
    return str(caught.value)


@pytest.mark.parametrize(("text", "sentence"), WRONG, ids=[text for text, _ in WRONG])
def test_a_mistake_is_told_by_key_value_and_what_is_allowed(file, text, sentence):
    file.write_text(text)
    said = refusal(file)
    assert sentence in said
    assert said.startswith(str(file))
    assert "\n" not in said


def test_all_mistakes_are_told_at_once_a_line_each(file, monkeypatch):
    file.write_text('[site]\nname = ""\n[broker]\nport = 0\nprot = 1\n')
    monkeypatch.setenv("MENSHEN_INFLUX_TOKEN_FILE", "/not/there")
    lines = refusal(file).splitlines()
    for line, words in zip(
        lines, ("site.name is", "broker.port is", "broker.prot is not", "_FILE names"), strict=True
    ):
        assert words in line


def test_an_empty_file_is_a_complete_one(file):
    file.write_text("")
    settings = load(file)
    assert settings.broker.port == 1883
    assert settings.broker.ca is None
    assert settings.console.password is None
    assert settings.rules == Rules()


def test_the_example_says_the_defaults_and_what_is_allowed(file):
    file.write_text(example())
    from_example = load(file)
    file.write_text("")
    assert from_example == load(file)
    for section, model in SECTIONS.items():
        assert f"[{section}]" in example()
        for key, field in model.model_fields.items():
            assert f"{key} = " in example() or (section, key) in SECRETS
            assert field.description or (section, key) in SECRETS


def test_every_key_is_taken(file):
    file.write_text(
        '[site]\nname = "梁溪"\nlanguage = "en"\n[store]\npath = "db/m.db"\n'
        '[broker]\nhost = "pi.local"\nport = 8883\ntls = true\nca = "ca.crt"\nuser = "gateway"\n'
        'echo_s = 2\nfolder = "mq"\n[console]\nhost = "::1"\nport = 80\n[webhook]\nurl = "https://x.cn/hook"\n'
        '[influx]\nurl = "http://127.0.0.1:8086"\norg = "-"\nbucket = "menshen"\n'
        "[rules]\noff_delay_ms = 1\nburst_count = 2\nburst_window_ms = 1000\n"
    )
    settings = load(file)
    assert (settings.site.name, settings.site.language) == ("梁溪", "en")
    assert settings.store.path == file.parent / "db/m.db"
    assert settings.broker.ca == file.parent / "ca.crt"
    assert settings.broker.folder == broker_folder(file) == file.parent / "mq"
    assert settings.store.place == store_place(file)
    assert settings.broker.echo_s == 2.0
    assert settings.influx.bucket == "menshen"
    assert settings.rules == Rules(1, 2, 1000)


def test_the_database_is_found_though_the_settings_are_refused(file):
    file.write_text('[store]\npath = "db/m.db"\n[console]\nport = 0\n')
    refusal(file)
    assert store_place(file) == (file.parent / "db/m.db", file.parent)
    file.write_text("[store]\npath = 3\n")
    assert store_place(file)[0] == file.parent / "menshen.db"


def test_a_class_of_doors_has_the_sites_rules_but_for_what_it_sets(file):
    file.write_text(
        '[site]\nzone = "Europe/Berlin"\n[rules]\nsettle_ms = 9000\n'
        "[classes.heavy]\noff_delay_ms = 7\n"
    )
    rulebook = load(file).rulebook
    assert (rulebook.of("heavy").off_delay_ms, rulebook.of("heavy").settle_ms) == (7, 9000)
    assert rulebook.of("other") == rulebook.rules
    assert rulebook.rules.off_delay_ms == Rules().off_delay_ms
    assert {minutes for _, minutes in rulebook.rules.zone} == {60, 120}


def test_settings_are_frozen(file):
    file.write_text("")
    settings = load(file)
    with pytest.raises(ValueError, match="frozen"):
        settings.broker.port = 1
    with pytest.raises(ValueError, match="frozen"):
        settings.broker = None


def test_a_windows_byte_order_mark_does_no_harm(file):
    file.write_text('[site]\nname = "门神"\n', encoding="utf-8-sig")
    assert load(file).site.name == "门神"


@pytest.mark.parametrize(
    ("content", "words"),
    [("名".encode("gb18030"), "is not UTF-8 text"), (b"#" * 70_000, "is larger than 65536 bytes")],
)
def test_another_kind_of_file_is_told(file, content, words):
    file.write_bytes(content)
    assert words in refusal(file)


def test_a_missing_file_says_how_to_make_one(file):
    assert "is not there" in refusal(file)
    assert "menshen settings --example" in refusal(file)
    assert "cannot be read: Is a directory" in refusal(file.parent)


def test_secrets_come_from_the_environment_or_a_file(file, monkeypatch, tmp_path):
    file.write_text(
        '[broker]\nuser = "gateway"\n[console]\nproxies = ["10.0.0.5"]\nhost = "0.0.0.0"\n'
    )
    held = tmp_path / "held"
    held.write_text("门神 pass word\r\n")
    monkeypatch.setenv("MENSHEN_BROKER_PASSWORD_FILE", str(held))
    monkeypatch.setenv("MENSHEN_CONSOLE_PASSWORD", "a long one for a test")
    monkeypatch.setenv("MENSHEN_WEBHOOK_TOKEN", "")
    settings = load(file)
    assert settings.broker.password == "门神 pass word"
    assert settings.console.password == "a long one for a test"
    assert settings.webhook.token is None
    assert "pass word" not in repr(settings)


def test_the_gateways_password_is_that_of_the_brokers_folder_unless_given(file, monkeypatch):
    file.write_text('[broker]\nuser = "gateway"\n')
    assert load(file).broker.password is None
    (file.parent / "broker").mkdir()
    (file.parent / "broker/gateway.password").write_text("of the folder\n")
    assert load(file).broker.password == "of the folder"
    monkeypatch.setenv("MENSHEN_BROKER_PASSWORD", "given")
    assert load(file).broker.password == "given"
    monkeypatch.delenv("MENSHEN_BROKER_PASSWORD")
    file.write_text("")
    assert load(file).broker.password is None  # nobody logs in


@pytest.mark.parametrize(("section", "key"), SECRETS)
def test_a_secret_in_the_file_is_refused_and_not_repeated(file, section, key):
    file.write_text(f'[{section}]\n{key} = "hunter2"\n')
    said = refusal(file)
    assert f"{section}.{key} must not stand in the file" in said
    assert SECRETS[section, key] in said
    assert "hunter2" not in said


def test_a_secret_file_must_hold_one_line(file, monkeypatch, tmp_path):
    file.write_text("")
    held = tmp_path / "held"
    monkeypatch.setenv("MENSHEN_INFLUX_TOKEN_FILE", str(held))
    assert "MENSHEN_INFLUX_TOKEN_FILE names" in refusal(file)
    for content in (b"", b"\n", b"a\nb\n", b"x" * 5000):
        held.write_bytes(content)
        assert "which must hold one line, the secret alone" in refusal(file)
    held.write_bytes(b"\xff")
    assert "which is not UTF-8 text" in refusal(file)


def test_a_secret_given_twice_is_refused(file, monkeypatch):
    file.write_text("")
    monkeypatch.setenv("MENSHEN_INFLUX_TOKEN", "a")
    monkeypatch.setenv("MENSHEN_INFLUX_TOKEN_FILE", "b")
    assert "are both set; keep one of them" in refusal(file)


def test_a_misspelt_variable_is_told(file, monkeypatch):
    file.write_text("")
    monkeypatch.setenv("MENSHEN_BROKER_PASSWRD", "a")
    assert "did you mean MENSHEN_BROKER_PASSWORD?" in refusal(file)
    monkeypatch.delenv("MENSHEN_BROKER_PASSWRD")
    monkeypatch.setenv("MENSHEN_CONSOLE_PORT", "80")
    assert "only secrets are; it belongs in the file" in refusal(file)


def test_no_other_variable_sets_anything(file, monkeypatch):
    file.write_text("")
    monkeypatch.setenv("SITE", '{"name": "x"}')
    monkeypatch.setenv("BROKER__PORT", "1")
    assert load(file).site.name == "Menshen"


def test_a_password_needs_a_user(file, monkeypatch):
    file.write_text("")
    monkeypatch.setenv("MENSHEN_BROKER_PASSWORD", "a")
    assert "broker.user is empty but a password is given" in refusal(file)


def test_made_without_a_file_settings_are_the_defaults():
    assert Settings().store.path == Path("menshen.db")


def test_the_machines_zone_is_found_by_its_name_its_file_or_is_utc(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TZ", ":Europe/Berlin")
    assert str(zone.place("")) == "Europe/Berlin"
    assert str(zone.place("Asia/Shanghai")) == "Asia/Shanghai"
    monkeypatch.setenv("TZ", "CET-1CEST")  # a rule, and no name
    monkeypatch.setattr(zone, "LOCALTIME", tmp_path / "localtime")
    assert zone.place("") is UTC
    shanghai = importlib.resources.files("tzdata") / "zoneinfo" / "Asia" / "Shanghai"
    (tmp_path / "localtime").write_bytes(shanghai.read_bytes())
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert noon.astimezone(zone.place("")).hour == 20
