"""The notice: of the site's own settings, in both languages and in any that has a catalogue."""

from pathlib import Path

import pytest

from gateway.language.catalogue import say
from gateway.language.notice import parts, version
from gateway.registry import notices
from gateway.registry.notices import NoSuchLanguageError
from gateway.settings import Settings

GROUNDS = ("emergency", "consent")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_it_says_everything_that_a_household_must_know(language: str, ground: str) -> None:
    own = {"controller": "梁溪区 CDC", "complaints": "0510-12345", "ground": ground}
    settings = Settings(household={**own, "destroy_days": 9, "dispute_days": 4})
    found = parts(notices.facts_of(settings), lambda text: say(text, language))
    text = "\n".join(line for part in found for line in (part.heading, *part.lines))
    for said in ("梁溪区 CDC", "0510-12345", "9", "4", "36"):
        assert said in text
    assert "{" not in text
    assert len(found) == 7
    consent = {"zh": "撤回", "en": "take it back"}[language]
    assert (consent in text) == (ground == "consent")


def test_another_word_is_another_version_and_each_is_kept(tmp_path: Path) -> None:
    one = notices.facts_of(Settings(household={"destroy_days": 9}))
    other = notices.facts_of(Settings(household={"destroy_days": 8}))
    assert version(one) == version(one)
    assert version(one) != version(other)


def test_a_third_language_is_made_of_a_catalogue_alone(tmp_path: Path) -> None:
    (tmp_path / "menshen.toml").write_text("")
    folder = tmp_path / notices.FURTHER
    folder.mkdir()
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    po = 'msgid "Until when"\nmsgstr "Quousque"\n\nmsgid "Responsible: {controller}."\n'
    (folder / "la.po").write_text(f'{head}{po}msgstr "Auctor: {{controller}}."\n')
    (folder / "no-tag-of-any.po").write_text("x")
    (folder / "fr.po").write_bytes(b"\xff\xfe")
    settings = Settings()
    settings = settings.model_copy(update={"store": settings.store.placed(tmp_path)})
    assert set(notices.languages(settings)) == {"zh", "en", "la", "fr"}
    found = parts(notices.facts_of(settings), notices.translate_to(settings, "la"))
    text = "\n".join(line for part in found for line in (part.heading, *part.lines))
    assert "Quousque" in text
    assert "Auctor: Menshen." in text
    assert "What is noted" in text, "what it has no words for stays English"
    for wrong in ("fr", "de", "../la", "la/../la"):
        with pytest.raises(NoSuchLanguageError):
            notices.translate_to(settings, wrong)
