"""`menshen settings`: the example, what holds, and no secret."""

from gateway.settings import example


def test_the_example_settings_hold(menshen, folder):
    answer = menshen("settings", "--example")
    assert answer.out.strip() == example().strip()
    (folder / "menshen.toml").write_text(answer.out)
    held = menshen("settings", "--json").json
    assert held["broker"]["port"] == 1883
    assert held["console"]["password"] == "not set"
    assert "broker.port" in menshen("settings").out


def test_settings_never_show_a_secret(menshen, settings, monkeypatch):
    monkeypatch.setenv("MENSHEN_CONSOLE_PASSWORD", "a long one for a test")
    answer = menshen("settings")
    assert "a long one for a test" not in answer.out
    assert menshen("settings", "--json").json["console"]["password"] == "set"


def test_the_settings_may_be_named_by_the_environment(menshen, settings, folder, monkeypatch):
    settings.rename(folder / "other.toml")
    monkeypatch.setenv("MENSHEN_CONFIG", str(folder / "other.toml"))
    assert menshen("settings").code == 0


def test_i15_what_may_hold_a_secret_in_an_address_is_not_printed(menshen, settings):
    settings.write_text('[webhook]\nurl = "https://example.org/hook?key=77secret"\n')
    for answer in (menshen("settings"), menshen("settings", "--json")):
        assert "https://example.org/…" in answer.out
        assert "77secret" not in answer.out
    settings.write_text('[webhook]\nurl = "https://me:77secret@example.org/77secret"\n')
    answer = menshen("settings")
    assert answer.code == 2
    assert "77secret" not in answer.out + answer.err
