"""The steps that make the site: user, settings, broker's files, console, database, people."""

import subprocess
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from gateway.accounts import audit, passwords, persons, tables
from gateway.accounts.file import AccountsFile, file_of
from gateway.accounts.roles import Role
from gateway.installation.owned_files import are_owned, own
from gateway.installation.place import (
    BROKER_USER,
    CONSOLE,
    DATA,
    DATA_MODE,
    FOLDER,
    FOLDER_MODE,
    PUBLIC_MODE,
    ROOT,
    SECRET_MODE,
    SYSUSERS,
    USER,
    Owner,
    give,
    is_so,
)
from gateway.installation.steps import InstallError, Step
from gateway.installation.wish import Wish
from gateway.provisioning import broker_record
from gateway.provisioning.broker_config import BrokerPlan, is_written, write_broker_config
from gateway.provisioning.certificates import (
    CA_CRT,
    CONSOLE_CRT,
    CONSOLE_KEY,
    authority_in,
    chain_in,
    make_console_certificate,
    named_alike,
)
from gateway.provisioning.seal_logins import logins
from gateway.provisioning.site_authority import need_one_authority
from gateway.settings.secret import GATEWAY_PASSWORD
from gateway.settings.sections import Broker
from gateway.settings.values import is_loopback
from gateway.store.database import Store, need_none_before
from gateway.store.private_file import write_public

UNIT_TEMPLATES = Path(__file__).parent / "units"
SYSUSERS_S_MAX = 60
CONSOLE_RENEW_BEFORE = timedelta(days=30)
HERE = "(menshen install)"  # who acts, in the audit


class Site:
    """The site on a machine, as a wish has it; each method is one step."""

    def __init__(self, wish: Wish) -> None:
        self._wish, self._place = wish, wish.place

    def steps(self) -> list[Step]:
        """All of them, in their order."""
        administrator = self._wish.administrator
        return [
            Step(f"user {USER}", self._has_user, self._make_user),
            Step(f"folders {FOLDER} and {DATA}", self._has_folders, self._make_folders),
            Step(f"settings {self._wish.config}", self._wish.config.exists, self._make_settings),
            Step(
                "broker's authority, certificate, logins and configuration",
                self._has_broker,
                self._make_broker,
            ),
            Step("console's certificate", self._has_console, self._make_console),
            Step("database", self._has_database, self._make_database),
            Step(f"first administrator, {administrator}", self.has_people, self._make_person),
            Step("owners of all these files", self._is_owned, self._own),
        ]

    # The machine's user and folders

    def _has_user(self) -> bool:
        text = (UNIT_TEMPLATES / "menshen.sysusers").read_bytes()
        file = self._place.inside(SYSUSERS)
        return self._place.user(USER) is not None and file.exists() and (file.read_bytes() == text)

    def _make_user(self) -> None:
        file = self._place.inside(SYSUSERS)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_public(file, (UNIT_TEMPLATES / "menshen.sysusers").read_bytes())
        command = ["systemd-sysusers", f"--root={self._place.root}", str(file)]
        done = subprocess.run(  # noqa: S603 - a fixed command
            command, capture_output=True, text=True, timeout=SYSUSERS_S_MAX, check=False
        )
        if self._place.user(USER) is None:
            raise InstallError(f"systemd-sysusers made no user {USER}: {done.stderr.strip()}")

    def owner(self) -> Owner:
        """The service's user; before there is one, in a dry run, root."""
        return self._place.user(USER) or ROOT

    def _has_folders(self) -> bool:
        folder, data = self._place.inside(FOLDER), self._place.inside(DATA)
        shared = Owner(0, self.owner().gid)
        return is_so(folder, shared, FOLDER_MODE) and is_so(data, self.owner(), DATA_MODE)

    def _make_folders(self) -> None:
        folder, data = self._place.inside(FOLDER), self._place.inside(DATA)
        for path in (folder, data):
            path.mkdir(parents=True, exist_ok=True)
        give(folder, Owner(0, self.owner().gid), FOLDER_MODE)
        give(data, self.owner(), DATA_MODE)

    def _make_settings(self) -> None:
        older = self._place.inside(DATA) / self._wish.config.name
        if older.exists():
            raise InstallError(
                f"there is a site here already, with the settings {older}. Move them to "
                f"{self._wish.config}, let folder under [broker] name where its authority lies, "
                "then the same command again"
            )
        write_public(self._wish.config, self._wish.settings_text().encode())

    # The broker

    def broker(self) -> Broker:
        """As the settings have it, with paths where they are for us."""
        broker = self._wish.settings().broker
        ca = None if broker.ca is None else self._place.inside(broker.ca)
        return broker.model_copy(update={"folder": self._place.inside(broker.folder), "ca": ca})

    def broker_is_here(self) -> bool:
        """Whether the settings name a broker on this machine, and with TLS: that one is ours."""
        broker = self._wish.settings().broker
        return is_loopback(broker.host) and broker.tls

    def _plan(self) -> BrokerPlan:
        broker = self.broker()
        before = broker_record.read(broker.folder)
        return BrokerPlan(
            self._wish.names,
            installed_at=self._place.outside(broker.folder),
            address=before.address,
            port=broker.port,
            user=before.user or BROKER_USER,
            group_of=self._place.group,
        )

    def _database(self) -> Path:
        return self._place.inside(self._wish.settings().store.path)

    def _has_broker(self) -> bool:
        if not self.broker_is_here():
            return True
        folder, owner = self.broker().folder, Owner(0, self.owner().gid)
        if not is_so(folder / GATEWAY_PASSWORD, owner, SECRET_MODE):
            return False
        return is_written(folder, self._plan(), logins(self._database(), folder)[0], self._wish.now)

    def _make_broker(self) -> None:
        broker, database = self.broker(), self._database()
        seals, _ = logins(database, broker.folder)
        need_one_authority(broker.folder, broker, self._wish.config)
        if seals and not (broker.folder / CA_CRT).exists():
            raise InstallError(
                f"{database} knows seals that trust an authority, and {broker.folder} holds none. "
                "Put back the folder from your copy, then the same command again. If it is lost, "
                f"`menshen broker-config {' '.join(self._wish.names)}` makes another, and every "
                "seal must be flashed again"
            )
        broker.folder.mkdir(parents=True, exist_ok=True)
        write_broker_config(broker.folder, self._plan(), seals, self._wish.now)
        give(broker.folder / GATEWAY_PASSWORD, Owner(0, self.owner().gid), SECRET_MODE)

    # The console

    def console_files(self) -> tuple[Path, Path] | None:
        """Certificate and key, if they are those that are made here."""
        pair = self._wish.settings().console.pair
        ours = (CONSOLE / CONSOLE_CRT, CONSOLE / CONSOLE_KEY)
        if pair is None or tuple(map(self._place.outside, pair)) != ours:
            return None
        return self._place.inside(ours[0]), self._place.inside(ours[1])

    def _has_console(self) -> bool:
        files = self.console_files()
        if files is None:
            return True
        try:
            chain = chain_in(files[0])
            authority = chain_in(self.broker().folder / CA_CRT)[0]
        except (OSError, ValueError):
            return False
        return (
            authority_in(chain) == authority
            and named_alike(chain[0], self._wish.names)
            and chain[0].not_valid_after_utc > self._wish.now + CONSOLE_RENEW_BEFORE
            and is_so(files[1], Owner(0, self.owner().gid), SECRET_MODE)
        )

    def _make_console(self) -> None:
        files = self.console_files()
        assert files is not None  # noqa: S101 - else it is there
        folder = files[0].parent
        try:
            make_console_certificate(self.broker().folder, folder, self._wish.names, self._wish.now)
        except ValueError as error:
            raise InstallError(f"{error}; then the same command again") from error
        give(files[1], Owner(0, self.owner().gid), SECRET_MODE)

    # Database and people

    def _has_database(self) -> bool:
        return self._database().exists()

    def _make_database(self) -> None:
        database = self._database()
        if not database.parent.is_dir():
            raise InstallError(
                f"there is no folder {database.parent} for the database: is its drive mounted?"
            )
        need_none_before(database, self._wish.config.parent)
        Store.open(database, self._wish.config.parent).close()

    def _accounts(self) -> AccountsFile:
        return AccountsFile(self._database(), self._wish.config.parent)

    def has_people(self) -> bool:
        """Whether somebody can sign in already."""
        path = file_of(self._database())
        if not path.exists():
            return False
        # Not by AccountsFile, which brings an older file up to this release: this only looks.
        with closing(Store(path)) as store, store.reading() as connection:
            return connection.execute(select(tables.accounts.c.name).limit(1)).first() is not None

    def _make_person(self) -> None:
        wish, at_ms = self._wish, round(self._wish.now.timestamp() * 1000)
        stored = passwords.kept(wish.password())
        with closing(self._accounts()) as file, file.create().writing() as connection:
            person = persons.add(connection, wish.administrator, [Role.ADMINISTRATOR], at_ms)
            persons.set_password(connection, person, stored)
            notes = ("account added", person.roles[0]), ("password set", "")
            audit.add(
                connection, [audit.Note(at_ms, HERE, what, person.name, why) for what, why in notes]
            )

    def _is_owned(self) -> bool:
        return are_owned(self._database(), self._wish.config.parent, self.owner())

    def _own(self) -> None:
        own(self._database(), self._wish.config.parent, self.owner())
        give(self._wish.config, ROOT, PUBLIC_MODE)
