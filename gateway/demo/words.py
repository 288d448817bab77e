"""The demo's own sentences in both languages; those about doors and reasons are the console's."""

from pathlib import Path

from gateway.demo.story import Turn
from gateway.language.catalogue import N_, translations

FOLDER = Path(__file__).parent / "locale"

TURNS: dict[Turn, str] = {
    Turn.KILLED: N_("The gateway is killed: SIGKILL to process {old_pid}"),
    Turn.OPENED: N_("Door {door} opens, and nobody hears it"),
    Turn.KEPT: N_("Its seal keeps the report in flash, and asks again and again"),
    Turn.BACK: N_("The gateway is back, as process {new_pid}"),
    Turn.STORED: N_("The report is in the journal; only now the seal gets its receipt"),
    Turn.SHOWN: N_("The page is on the warden's phone"),
}
ANNOUNCED = N_("Announced:")
CASE = N_("Case {number}")
VERDICT = N_(
    "Nothing was lost. A report carries its age, so the journal has the moment of the opening to "
    "within {off} ms."
)
ALL_OPEN = N_("Every door that calls the warden stands open. Shut one first, then press again.")


def say(message: str, language: str, **facts: object) -> str:
    """The sentence in the language, with its facts filled in."""
    sentence = translations(language, FOLDER).gettext(message)
    return sentence.format(**facts) if facts else sentence
