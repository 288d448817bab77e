"""Every key that a site may set, with its default, its limits, and what is allowed in words.

A field's description is the end of the sentence "… is not allowed; allowed is", and the comment
beside the key in the example file.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from gateway.core.model import Rules
from gateway.settings import secret
from gateway.settings.values import host_name, is_loopback, one_line, path, shown, web_address

Port = Annotated[int, Field(ge=1, le=65_535, description="a whole number from 1 to 65535")]
Host = Annotated[
    str,
    AfterValidator(host_name),
    Field(description="a host name or an address, without port or scheme"),
]
Url = Annotated[
    str,
    AfterValidator(web_address),
    Field(description='an address that begins with http:// or https://, or "" for off'),
]
FilePath = Annotated[Path, BeforeValidator(path), Field(description="the path of a file")]
Name = Annotated[str, Field(max_length=200, description="up to 200 characters")]
Secret = Annotated[str | None, BeforeValidator(secret.readable), Field(repr=False)]


class Section(BaseModel):
    """What all sections have in common: frozen, strict, and no key that we do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Site(Section):
    """Which site this is, and what people there read."""

    name: Annotated[
        str, AfterValidator(one_line), Field(description="one line of 1 to 60 characters")
    ] = "Menshen"
    language: Annotated[Literal["zh", "en"], Field(description='"zh" or "en"')] = "zh"


class Store(Section):
    """The database, one file. A relative path counts from the folder of the settings."""

    path: FilePath = Path("menshen.db")


class Broker(Section):
    """The MQTT broker that the seals talk to."""

    host: Host = "127.0.0.1"
    port: Port = 1883
    tls: Annotated[bool, Field(description="true or false")] = False
    ca: Annotated[
        FilePath | None,
        BeforeValidator(lambda value: None if value == "" else value),
        Field(description='the path of the broker\'s ca.crt, or "" for none'),
    ] = None
    user: Annotated[
        str, Field(max_length=64, description='the gateway\'s name at the broker, or "" for none')
    ] = ""
    echo_s: Annotated[
        float, Field(ge=0.1, le=300, description="seconds between two self-tests, 0.1 to 300")
    ] = 5.0
    password: Secret = None

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if self.ca and not self.tls:
            raise ValueError("broker.ca is given but broker.tls is false; set tls = true, or no ca")
        if self.password and not self.user:
            raise ValueError("broker.user is empty but a password is given; set the user as well")
        return self


class Console(Section):
    """The pages that people open. Reached from other machines, they need a password."""

    host: Host = "127.0.0.1"
    port: Port = 8080
    password: Secret = None

    @model_validator(mode="after")
    def _is_guarded(self) -> Self:
        if not is_loopback(self.host) and not self.password:
            raise ValueError(
                f"console.host is {shown(self.host)}, so others on the network can open the "
                "console, but it has no password; set MENSHEN_CONSOLE_PASSWORD (or "
                'MENSHEN_CONSOLE_PASSWORD_FILE), or set host = "127.0.0.1"'
            )
        return self


class Webhook(Section):
    """A web address that is told of every page. Off while url is empty."""

    url: Url = ""
    token: Secret = None


class Influx(Section):
    """InfluxDB for engineers' charts. Off while url is empty; on with these and its token."""

    url: Url = ""
    org: Name = ""
    bucket: Name = ""
    token: Secret = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for key in ("org", "bucket"):
            if self.url and not getattr(self, key):
                raise ValueError(
                    f"influx.{key} is empty but influx.url is given; set {key} as well"
                )
        return self


class RulesSection(Section):
    """The numbers of the rules. Milliseconds end in _ms."""

    off_delay_ms: Annotated[
        int, Field(ge=0, le=60_000, description="0 to 60000 (open again so soon: one opening)")
    ] = Rules().off_delay_ms
    burst_count: Annotated[
        int, Field(ge=2, le=100, description="2 to 100 (so many refused messages of a seal ...)")
    ] = Rules().burst_count
    burst_window_ms: Annotated[
        int,
        Field(ge=1_000, le=3_600_000, description="1000 to 3600000 (... within this are a case)"),
    ] = Rules().burst_window_ms
    chatter_openings: Annotated[
        int, Field(ge=2, le=20, description="2 to 20 (so many openings of a door ...)")
    ] = Rules().chatter_openings
    chatter_window_ms: Annotated[
        int,
        Field(ge=1_000, le=3_600_000, description="1000 to 3600000 (... within this: a fault)"),
    ] = Rules().chatter_window_ms
    chatter_joined: Annotated[
        int, Field(ge=2, le=1_000, description="2 to 1000 (so often open again: a fault too)")
    ] = Rules().chatter_joined
    settle_ms: Annotated[
        int,
        Field(ge=1_000, le=86_400_000, description="1000 to 86400000 (quiet so long: believed)"),
    ] = Rules().settle_ms
    backlog_ms: Annotated[
        int, Field(ge=0, le=600_000, description="0 to 600000 (what waits in a seal comes in it)")
    ] = Rules().backlog_ms
    grace_ms: Annotated[
        int,
        Field(ge=0, le=86_400_000, description="0 to 86400000 (announced so late still counts)"),
    ] = Rules().grace_ms


class _AsRules:
    """Lets `rules` be read as a section and be the core's own record afterwards."""

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def as_rules(value: Any, section: Any) -> Rules:
            return value if isinstance(value, Rules) else Rules(**section(value).model_dump())

        return core_schema.no_info_wrap_validator_function(
            as_rules, handler.generate_schema(RulesSection)
        )


class _Secrets(PydanticBaseSettingsSource):
    """The secrets of the environment as a source of pydantic's."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False  # never asked: __call__ answers for all sections at once

    def __call__(self) -> dict[str, Any]:
        return dict(secret.found(os.environ))


class Settings(BaseSettings):
    """Everything that a site may set. Made by `load`; the secrets are read when it is made."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", strict=True)

    site: Site = Site()
    store: Store = Store()
    broker: Broker = Broker()
    console: Console = Console()
    webhook: Webhook = Webhook()
    influx: Influx = Influx()
    rules: Annotated[Rules, _AsRules()] = Rules()

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: Any, *_: Any, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What `load` read from the file, then the secrets. No other variable sets anything."""
        return init_settings, _Secrets(settings_cls)


SECTIONS: dict[str, type[Section]] = {
    "site": Site,
    "store": Store,
    "broker": Broker,
    "console": Console,
    "webhook": Webhook,
    "influx": Influx,
    "rules": RulesSection,
}
