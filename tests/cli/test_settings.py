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
