"""What a program's token may at an address: what its scopes name, whatever else its account may."""

from collections.abc import Iterable

from gateway.accounts.roles import Right
from gateway.accounts.scopes import Scope, scope_of
from gateway.language.catalogue import N_
from gateway.web.answers import HttpProblem
from gateway.web.visitors import Visitor

_NO_SCOPE = N_("This token lacks the scope {scope}; menshen token makes one that has it.")
_FOR_NO_TOKEN = N_("This is for no token that has scopes.")


class ScopeProblem(HttpProblem):
    """A token that lacks a scope, which it names."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(403, _NO_SCOPE, scope=scope.value)

    @property
    def more(self) -> dict[str, object]:
        """The scope."""
        return self.facts


def check_scopes(who: Visitor, rights: Iterable[Right], is_look: bool) -> None:
    """HttpProblem where the token has scopes, and not those that these rights want."""
    if who.session.scopes is None:
        return
    for right in rights:
        scope = scope_of(right, is_look)
        if scope is None:
            raise HttpProblem(403, _FOR_NO_TOKEN)
        if scope not in who.session.scopes:
            raise ScopeProblem(scope)
