"""Every key that a site may set, with its default, its limits, and what is allowed in words.

A field's description is the end of the sentence "… is not allowed; allowed is", and the comment
beside the key in the example file.
"""

import os
from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import msgspec
from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from gateway.core.rules import Rulebook, Rules
from gateway.settings import push_services, secret
from gateway.settings.contacts import Contacts
from gateway.settings.fields import FilePath, Host, Name, Port, Secret, Url
from gateway.settings.home_assistant import HomeAssistant
from gateway.settings.household import Household
from gateway.settings.keeping import Backup, Retention
from gateway.settings.keys import Keys
from gateway.settings.looked_after import Log, Ping
from gateway.settings.oidc import Oidc
from gateway.settings.password import is_weak
from gateway.settings.rules import (
    CLASSES_MAX,
    AsRules,
    ClassSection,
    RulesSection,
    check_order,
    of_class,
)
from gateway.settings.section import Section
from gateway.settings.signing_secret import signing_key
from gateway.settings.values import (
    is_loopback,
    network,
    one_line,
    path,
    public_url,
    shown,
)
from gateway.settings.web_address import web_address
from gateway.settings.zone import place, this_year_ms, transitions, zone_name

PROXIES_MAX = 32
PUSH_SERVICES_MAX = 16
# Who listens everywhere has no name of that kind; a sentence shows what one looks like.
NAME_OF_HOST = {"0.0.0.0": "pi.local 192.168.1.20", "::": "pi.local 192.168.1.20"}  # noqa: S104

PublicUrl = Annotated[
    str,
    AfterValidator(public_url),
    Field(
        description="the https address by which phones open these pages, such as "
        '"https://menshen.example.org", without ? or #; each page links to it; "" for no link'
    ),
]
BROKER_FOLDER = Path("broker")


class Site(Section):
    """Which site this is, and what people there read."""

    name: Annotated[
        str, AfterValidator(one_line), Field(description="one line of 1 to 60 characters")
    ] = "Menshen"
    language: Annotated[Literal["zh", "en"], Field(description='"zh" or "en"')] = "zh"
    zone: Annotated[
        str,
        AfterValidator(zone_name),
        Field(description='a time zone such as "Asia/Shanghai", or "" for that of this machine'),
    ] = ""


class Store(Section):
    """The database, one file. A relative path counts from the folder of the settings."""

    path: FilePath = Path("menshen.db")
    _settings_folder: Path | None = PrivateAttr(default=None)

    @property
    def place(self) -> tuple[Path, Path | None]:
        """The database, and the folder of the settings; None if they are in no file. A site has a
        marker in both, for a drive may not be mounted."""
        return self.path, self._settings_folder

    def placed(self, folder: Path) -> Self:
        """As settings in this folder mean it, wherever the program was started."""
        placed = self.model_copy(update={"path": (folder / self.path.expanduser()).resolve()})
        placed._settings_folder = folder.resolve()
        return placed


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
    folder: Annotated[
        Path,
        BeforeValidator(path),
        Field(description="the folder of the broker's authority, configuration and logins"),
    ] = BROKER_FOLDER
    pid_file: Annotated[
        FilePath | None,
        BeforeValidator(lambda value: None if value == "" else value),
        Field(
            description="where the broker's process id stands, for it to be told of new logins; "
            '"" where a unit of systemd does that'
        ),
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


class Ble(Section):
    """The second path: a Bluetooth receiver on this machine, for seals that speak by air too."""

    enabled: Annotated[
        bool, Field(description="true or false: whether this machine's Bluetooth listens to seals")
    ] = False
    adapter: Annotated[
        str,
        Field(
            pattern=r"^(hci\d{1,2})?$",
            description='which one, such as "hci1", or "" for the machine\'s own choice',
        ),
    ] = ""


class Console(Section):
    """The pages that people open. Reached from other machines, they need a certificate and a key
    (`menshen console-certificate` makes both); and accounts (`menshen account add`), or a password
    in their place, with which the browser asks for a name too, and that is menshen."""

    host: Host = "127.0.0.1"
    port: Port = 8080
    proxies: Annotated[
        list[Annotated[str, AfterValidator(network)]],
        Field(
            max_length=PROXIES_MAX,
            description="the addresses of proxies before the console, such as "
            '["127.0.0.1"]; their X-Forwarded-For is believed',
        ),
    ] = []  # noqa: RUF012 - pydantic gives each its own
    certificate: Annotated[
        FilePath | None,
        BeforeValidator(lambda value: None if value == "" else value),
        Field(description='the path of its certificate, chain included, or "" for plain HTTP'),
    ] = None
    key: Annotated[
        FilePath | None,
        BeforeValidator(lambda value: None if value == "" else value),
        Field(description='the path of the certificate\'s key, or "" for plain HTTP'),
    ] = None
    public_url: PublicUrl = ""
    password: Secret = None

    @property
    def pair(self) -> tuple[Path, Path] | None:
        """Certificate and key, both or none."""
        return (self.certificate, self.key) if self.certificate and self.key else None

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)

    @model_validator(mode="after")
    def _is_encrypted(self) -> Self:
        if bool(self.certificate) != bool(self.key):
            given, wanted = ("certificate", "key") if self.certificate else ("key", "certificate")
            raise ValueError(f"console.{given} is given without console.{wanted}; HTTPS needs both")
        if not (self.is_local or self.certificate or self.proxies):
            raise ValueError(
                f"console.host is {shown(self.host)}, so names and addresses of people would cross "
                "the network readable. Let the console speak HTTPS: `menshen console-certificate "
                f"{NAME_OF_HOST.get(self.host, self.host)}` makes what console.certificate and "
                "console.key name. Or let a proxy with TLS stand before it: on this machine, set "
                'host = "127.0.0.1"; on another, name its address in console.proxies'
            )
        return self

    @model_validator(mode="after")
    def _is_guarded(self) -> Self:
        if self.password and is_weak(self.password):
            raise ValueError(
                "the console's password is too easily guessed; take one of 10 characters or more "
                "(a Chinese one counts as two), no common word and no row of keys"
            )
        return self


class Accounts(Section):
    """How people sign in, at a site that has accounts (`menshen account add` makes the first)."""

    second_factor: Annotated[
        bool,
        Field(
            description="true or false: whether whoever can read names or addresses needs a "
            "one-time code beside a password"
        ),
    ] = True


class Webhook(Section):
    """Web addresses of the site's own: url is told of every page, events_url of every step of every
    case. Off while empty."""

    url: Url = ""
    events_url: Url = ""
    token: Secret = None
    secret: Secret = None
    old_secret: Secret = None
    routing_key: Secret = None

    @property
    def is_one_receiver(self) -> bool:
        """Whether both addresses are of one server, which may see the same token."""
        return bool(self.url and self.events_url) and (
            web_address(self.url)[:3] == web_address(self.events_url)[:3]
        )

    @model_validator(mode="after")
    def _can_sign(self) -> Self:
        for key in ("secret", "old_secret"):
            text = getattr(self, key)
            if text is None:
                continue
            try:
                signing_key(text)
            except ValueError as error:
                name = secret.SECRETS["webhook", key]
                raise ValueError(f"the webhook's {key} ({name}) {error}") from error
        if self.old_secret and not self.secret:
            raise ValueError(
                "the webhook's old_secret is given but no secret; set MENSHEN_WEBHOOK_SECRET too"
            )
        return self


class Push(Section):
    """The ringing of phones by their browsers' push services (Web Push, channel `push`). Off while
    contact is empty."""

    contact: Annotated[
        str,
        AfterValidator(push_services.contact),
        Field(
            description="how push services reach whoever runs this site, such as "
            '"mailto:it@example.org", or "" for off'
        ),
    ] = ""
    services: Annotated[
        list[Annotated[str, AfterValidator(push_services.service)]],
        Field(
            max_length=PUSH_SERVICES_MAX,
            description="the hosts of push services, with *. for all that end so; one on this "
            'machine as "http://127.0.0.1:8181"',
        ),
    ] = [  # noqa: RUF012 - pydantic gives each its own
        "fcm.googleapis.com",
        "updates.push.services.mozilla.com",
        "*.push.apple.com",
        "*.notify.windows.com",
    ]


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
        unfit = secret.unfit(secret.SECRETS["influx", "token"], self.token or "")
        if unfit:
            raise ValueError(unfit)
        return self


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
    ble: Ble = Ble()
    console: Console = Console()
    accounts: Accounts = Accounts()
    oidc: Oidc = Oidc()
    webhook: Webhook = Webhook()
    push: Push = Push()
    influx: Influx = Influx()
    home_assistant: HomeAssistant = HomeAssistant()
    contacts: Contacts = Contacts()
    log: Log = Log()
    ping: Ping = Ping()
    retention: Retention = Retention()
    backup: Backup = Backup()
    keys: Keys = Keys()
    household: Household = Household()
    rules: Annotated[Rules, AsRules()] = Rules()
    classes: Annotated[
        dict[str, ClassSection],
        Field(max_length=CLASSES_MAX),
    ] = {}

    @model_validator(mode="after")
    def _classes_make_sense(self) -> Self:
        for name, one in self.classes.items():
            check_order(f"classes.{name}", of_class(self.rules, one))
        return self

    @property
    def zone(self) -> tzinfo:
        """Where the site's clocks stand: for every time that a person reads or writes."""
        return place(self.site.zone)

    @property
    def rulebook(self) -> Rulebook:
        """The rules of the site and of its door classes, with the site's clocks in them."""
        zone = transitions(self.site.zone, this_year_ms())
        rules = self.household.rules(msgspec.structs.replace(self.rules, zone=zone))
        return Rulebook(rules, {name: of_class(rules, one) for name, one in self.classes.items()})

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
    "ble": Ble,
    "console": Console,
    "accounts": Accounts,
    "oidc": Oidc,
    "webhook": Webhook,
    "push": Push,
    "influx": Influx,
    "home_assistant": HomeAssistant,
    "contacts": Contacts,
    "log": Log,
    "ping": Ping,
    "retention": Retention,
    "backup": Backup,
    "keys": Keys,
    "household": Household,
    "rules": RulesSection,
}
