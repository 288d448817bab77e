"""What a message names and nobody typed is named from the root on: it is read far from the folder
in which the command was given."""

import re

import pytest

# Words that are written for the person to type, or that follow the folder they lie in.
NOT_NAMED = re.compile(r"`[^`]*`|as seal\.json|for neither ca\.crt nor ca\.key")
A_FILE = re.compile(r"\S*\b(?:menshen\.toml|menshen\.db|ca\.\w+|server\.key|passwd|[\w-]+\.json)\b")
SEAL = ("enrol", "--seal", "new")


@pytest.mark.parametrize(
    ("before", "words", "named"),
    [
        ([], ("doors",), "menshen.toml"),
        ([], ("settings",), "menshen.toml"),
        ([], ("check",), "menshen.toml"),
        (["settings"], ("doors",), "menshen.db"),
        (["settings"], ("coverage", "d1"), "menshen.db"),
        (["settings"], ("run",), "menshen.toml"),
        (["settings"], ("flash", "--broker", "pi.local", "--wifi", "w"), "broker/ca.der"),
        (["settings"], ("console-certificate", "pi.local"), "broker"),
        (["settings"], ("broker-config", "pi.local"), "broker"),
        (["settings", "broker"], ("broker-config",), "broker"),
        (["settings", "broker", "no key"], ("broker-config", "pi.local"), "broker/ca.key"),
        (["settings", "broker", "no key"], ("console-certificate", "pi.local"), "broker/ca.key"),
        (["settings", "broker"], ("console-certificate", "pi.local"), "broker/ca.key"),
        (["settings", "broker", "open key"], ("check",), "broker/ca.key"),
        (["settings"], SEAL, "seal-"),
    ],
)
def test_what_nobody_typed_is_named_from_the_root_on(before, words, named, menshen, folder):
    if "settings" in before:
        text = "" if words[0] != "run" else "[store]\nmirror = 1\n"
        (folder / "menshen.toml").write_text(text)
    if "broker" in before:
        assert menshen("broker-config", "pi.local").code == 0
    if "no key" in before:
        (folder / "broker" / "ca.key").unlink()
    if "open key" in before:
        (folder / "broker" / "ca.key").chmod(0o644)
    answer = menshen(*words)
    told = NOT_NAMED.sub("", answer.out + answer.err)
    assert f"{folder}/{named}" in told
    assert [name for name in A_FILE.findall(told) if not name.startswith(f"{folder}/")] == []
