"""The section `[oidc]`: one OpenID provider by which people may sign in, beside a password."""

from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from gateway.settings import secret
from gateway.settings.section import Section
from gateway.settings.values import is_loopback, one_line
from gateway.settings.web_address import web_address

ISSUER_MAX = 255
METHODS_MAX = 8


def _issuer(text: str) -> str:
    """Nothing, or an address under which a provider describes itself. ValueError for another."""
    if not text:
        return text
    try:
        address = web_address(text)
    except ValueError:
        raise ValueError from None
    is_encrypted = address.scheme == "https" or is_loopback(address.host)
    if not is_encrypted or address.login or "?" in text or "#" in text or len(text) > ISSUER_MAX:
        raise ValueError
    return text


class Oidc(Section):
    """An OpenID provider of the site's own (Keycloak, Entra ID, Authelia …), by which people sign
    in beside their passwords. Off while issuer is empty; docs/accounts.md says how accounts are
    linked."""

    issuer: Annotated[
        str,
        AfterValidator(_issuer),
        Field(
            description="the provider's own address, exactly as it names itself, such as "
            '"https://id.example.org/realms/wuxi"; https, or on this machine; "" for off'
        ),
    ] = ""
    client_id: Annotated[
        str, Field(max_length=200, description="the name that the provider knows the console by")
    ] = ""
    name: Annotated[
        str,
        AfterValidator(one_line),
        Field(description="what people call the provider, on one line of 1 to 60 characters"),
    ] = "OpenID"
    second_factor: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=200)]],
        Field(
            max_length=METHODS_MAX,
            description="the values of amr or acr that stand for our one-time code, such as "
            '["mfa"]; [] and the code is asked for all the same',
        ),
    ] = []  # noqa: RUF012 - pydantic gives each its own
    client_secret: Annotated[str | None, BeforeValidator(secret.readable), Field(repr=False)] = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.issuer and not self.client_id:
            raise ValueError("oidc.issuer is given but no oidc.client_id; set it as well")
        if self.issuer and not self.client_secret:
            raise ValueError(
                "oidc.issuer is given but no secret; set MENSHEN_OIDC_CLIENT_SECRET (or "
                "MENSHEN_OIDC_CLIENT_SECRET_FILE)"
            )
        return self
