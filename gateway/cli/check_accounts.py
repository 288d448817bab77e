"""What `menshen check` finds of the accounts: whether people can sign in, and who else can read."""

from contextlib import closing

from gateway.accounts import persons
from gateway.accounts.file import AccountsFile
from gateway.accounts.roles import Right, Whose, reach
from gateway.cli.check_result import CheckResult, Mark
from gateway.cli.listening import unguarded
from gateway.cli.output import counted
from gateway.settings import Settings
from gateway.store.database import StoreError


def accounts(settings: Settings) -> CheckResult:
    """The accounts' file: there, readable by its owner alone, and with somebody to manage it."""
    with closing(AccountsFile(*settings.store.place)) as file:
        try:
            if not file.is_used():
                return _none(settings)
            with file.store().reading() as connection:
                people = persons.everybody(connection)
        except StoreError as error:
            return CheckResult("accounts", Mark.FAIL, f"nobody can sign in: {error}")
        if file.path.stat().st_mode & 0o077:
            words = f"others may read {file.path}: chmod 600 {file.path}"
            return CheckResult("accounts", Mark.FAIL, words)
    manage = [p for p in people if reach(p.roles, Right.PHONES_OF_OTHERS) is not Whose.NOBODYS]
    facts = {"accounts": len(people), "administrators": len(manage)}
    if settings.console.password:
        words = "the console's password opens nothing where people sign in: take it out"
        return CheckResult("accounts", Mark.WARN, words, facts)
    if not manage:
        words = f"{counted(len(people), 'account')}, and none is an administrator's"
        return CheckResult("accounts", Mark.WARN, words, facts)
    return CheckResult("accounts", Mark.OK, counted(len(people), "account"), facts)


def _none(settings: Settings) -> CheckResult:
    """What stands in their place at a site without any."""
    if open_to_all := unguarded(settings):
        return CheckResult("accounts", Mark.FAIL, f"none; {open_to_all}")
    if settings.console.password:
        return CheckResult("accounts", Mark.OK, "none: the console has one password for all")
    return CheckResult("accounts", Mark.OK, "none: whoever is on this machine opens the console")
