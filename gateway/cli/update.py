"""`menshen update`: a release goes to the seals over the air, few at a time; how far it is."""

from collections import Counter
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import asdict

import sealwire
from gateway.cli.command_time import command_ms
from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.options import CONFIG, Config, Json
from gateway.cli.output import ago, counted, say, say_json, show
from gateway.provisioning.flash_places import PlacesError, need_room, read_places
from gateway.settings import load
from gateway.store.database import Store, need_none_before
from gateway.updates import kept, progress_words, release_file, rollout, signing
from gateway.updates.kept import OlderError, RefusedError
from gateway.updates.release_file import ReleaseError
from gateway.updates.rollout import AT_ONCE_MAX, Plan, RolloutState


class What(StrEnum):
    """What is done."""

    ADD = "add"
    LIST = "list"
    START = "start"
    SHOW = "show"
    STOP = "stop"
    GO_ON = "go-on"
    END = "end"


_TURNS = {
    What.STOP: RolloutState.STOPPED,
    What.GO_ON: RolloutState.RUNNING,
    What.END: RolloutState.ENDED,
}


def update(
    what: Annotated[What, typer.Argument(help="What to do; see the list above.")] = What.SHOW,
    which: Annotated[
        str, typer.Argument(metavar="[FILE|NUMBER]", help="add: the file; start: the release.")
    ] = "",
    canary: Annotated[
        list[str] | None, typer.Option(help="start: a seal that goes first; may be said again.")
    ] = None,
    at_once: Annotated[
        int, typer.Option(min=1, max=AT_ONCE_MAX, help="start: seals at it at the same time.")
    ] = Plan().at_once,
    share: Annotated[
        int, typer.Option(min=0, max=100, help="start: per cent of the seals, after the canaries.")
    ] = Plan().share_percent,
    stop: Annotated[
        int, typer.Option(min=0, max=100, help="start: stop above so many per cent of failures.")
    ] = Plan().stop_percent,
    older: Annotated[
        bool, typer.Option("--older", help="start: also where seals run a newer one; they keep it.")
    ] = False,
    partitions: Annotated[
        Path | None, typer.Option(help="add: the seals' table of partitions, if not ours.")
    ] = None,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Roll a signed release out to the seals in stages; show, stop, go on with or end a roll-out.

    add FILE · list · start NUMBER [--canary SEAL …] · show · stop · go-on · end. Canaries first,
    then a share, then all; it stops by itself when a canary fails or too many others do. Whatever
    fails on a seal, it runs what it ran before. No seal takes a release below its own: to go back,
    build the older program under a higher number.
    """
    settings = load(config)
    need_none_before(*settings.store.place)
    now = command_ms(settings.store.place, settings.zone)
    with closing(Store.open(settings.store.path)) as store:
        try:
            match what:
                case What.ADD:
                    _add(store, Path(which), config.parent / signing.PUBLIC, partitions, now)
                case What.LIST:
                    _list(store, now, as_json)
                case What.START:
                    _start(store, which, canary or [], Plan(at_once, share, stop), now, older)
                case What.SHOW:
                    _show(store, now, as_json)
                case _:
                    _turn(store, _TURNS[what], now)
        except (RefusedError, ReleaseError, PlacesError, signing.KeyUnusableError) as error:
            raise CommandError(str(error)) from error


def _add(store: Store, path: Path, public: Path, partitions: Path | None, now: int) -> None:
    """Only what this site's key has signed, its gateway understands, its seals have room for."""
    try:
        release = release_file.read(path.read_bytes())
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error
    key = signing.public_key(public)
    if not signing.is_signed(key, release.manifest_text, release.signature):
        raise CommandError(f"{path} is not signed by the owner of {public}; no seal would take it")
    if release.manifest.wire > sealwire.VERSION:
        raise CommandError(
            f"{path} speaks wire version {release.manifest.wire}, this gateway "
            f"{sealwire.VERSION}: update the gateway first"
        )
    need_room(release.manifest, read_places(partitions))
    with store.writing() as connection:
        kept.add(connection, release, now)
    manifest = release.manifest
    say(f"Release {manifest.counter} ({manifest.version}) is here; no seal has it yet.")


def _list(store: Store, now: int, as_json: bool) -> None:
    with store.reading() as connection:
        found = kept.kept(connection)
    if as_json:
        say_json([asdict(one) for one in found])
        return
    rows = [
        [str(one.counter), one.version, one.kind, f"{one.size // 1024} KB", ago(one.added_ms, now)]
        for one in found
    ]
    show(("number", "version", "kind", "size", "added"), rows)


def _start(
    store: Store, which: str, canaries: list[str], plan: Plan, now: int, may_be_older: bool
) -> None:
    if not which.isdecimal():
        raise CommandError("which one? menshen update start NUMBER, as `list` has it", MISUSED)
    with store.writing() as connection:
        chosen = [one for one in kept.kept(connection) if one.counter == int(which)]
        if not chosen:
            raise CommandError(f"there is no release {which}; `menshen update list` has them")
        seals = kept.seals_in_use(connection)
        for seal_id in canaries:
            if seal_id not in seals:
                raise CommandError(f"there is no seal {seal_id}")
        if not seals:
            raise CommandError("no seal is enrolled")
        stages = rollout.stages(seals, canaries, plan.share_percent)
        release_id = chosen[0].release_id
        try:
            number = kept.start(
                connection, release_id, plan, stages, now, may_be_older=may_be_older
            )
        except OlderError as error:
            raise CommandError(
                f"{error}: build it under a higher number, or, for the rest alone, say --older"
            ) from error
    first = sorted(seal_id for seal_id, stage in stages.items() if stage == rollout.Stage.CANARY)
    say(f"Roll-out {number} of release {which} to {counted(len(seals), 'seal')}.")
    say(f"First: {', '.join(first)}. A seal asks within the hour; `menshen update` shows how far.")


def _show(store: Store, now: int, as_json: bool) -> None:
    with store.reading() as connection:
        newest = kept.newest(connection)
        found = None if newest is None else kept.load(connection, newest[0])
    if found is None:
        if as_json:
            say_json(None)
        else:
            say("No release was ever rolled out. `menshen update add FILE` brings one.")
        return
    size = len(found.release.render())
    if as_json:
        say_json(
            {
                "rollout": found.rollout_id,
                "release": found.release.manifest.counter,
                "state": found.state,
                "why": found.why,
                "bytes": size,
                "seals": [
                    {
                        "seal": seal_id,
                        "stage": progress.stage,
                        "state": progress.state,
                        "have_bytes": progress.have_bytes,
                        "reason": progress.reason,
                        "changed_ms": progress.changed_ms,
                    }
                    for seal_id, progress in sorted(found.seals.items())
                ],
            }
        )
        return
    why, number = f": {found.why}" if found.why else "", found.release.manifest.counter
    say(f"Roll-out {found.rollout_id} of release {number}: {found.state}{why}")
    states = Counter(progress_words.state_word(progress) for progress in found.seals.values())
    say(", ".join(f"{states[word]} {word}" for word in progress_words.ALL if states[word]))
    names = ("canary", "share", "all")
    rows = [
        [
            seal_id,
            names[progress.stage],
            progress_words.state_word(progress),
            f"{progress.have_bytes * 100 // size} %",
            progress_words.reason_words(progress),
            ago(progress.changed_ms, now),
        ]
        for seal_id, progress in sorted(found.seals.items(), key=lambda one: (one[1].stage, one[0]))
    ]
    show(("seal", "stage", "state", "has", "why", "since"), rows)


def _turn(store: Store, to: RolloutState, now: int) -> None:
    with store.writing() as connection:
        newest = kept.newest(connection)
        if newest is None or not kept.turn(connection, newest[0], to, now):
            state = "there is none" if newest is None else f"the newest is {newest[1]}"
            raise CommandError(f"no roll-out can be {to} now: {state}")
    say(f"Roll-out {newest[0]} is {to}.")
