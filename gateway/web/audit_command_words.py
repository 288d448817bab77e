"""The acts of the command line in the words of the audit, by what the chain calls them
(`gateway.cli.acting`)."""

from typing import Final

from gateway.language.catalogue import N_

_VISITED: Final = N_("announced work at the seals of {thing}")
COMMANDS: Final = {
    "menshen announce": N_("announced an opening at {thing}"),
    "menshen visit": _VISITED,
    "menshen visit end": N_("ended announced work at the seals of {thing}"),
    "menshen end order": N_("ended an order: {thing}"),
    "menshen end permit": N_("took back an announced opening: {thing}"),
    "menshen end seal": N_("put the seal {seal} out of use"),
    "menshen end door": N_("ended the door {door}"),
    "menshen end warden": N_("ended the duty of {person}"),
    "menshen end grid": N_("ended the grid {thing}"),
    "menshen destruction hold": N_("held the records of an order: {thing}"),
    "menshen destruction release": N_("held the records of an order no more: {thing}"),
    "menshen clock": N_("set the gateway's clock by the machine's"),
    "menshen update add": N_("brought a release for the seals: {thing}"),
    "menshen update start": N_("began to roll a release out to the seals"),
    "menshen update stop": N_("stopped the roll-out of a release"),
    "menshen update go-on": N_("went on with the roll-out of a release"),
    "menshen update end": N_("ended the roll-out of a release"),
    "menshen enrol": N_("enrolled from tables: {thing}"),
    "menshen flash": N_("made boards seals, for {thing}"),
    "menshen commission": N_("tested seals at their doors: {thing}"),
    "menshen move": N_("hung the seal {seal} on another door: {door}"),
    "menshen exchange": N_("let two seals change doors: {seal}"),
    "menshen swap": N_("hung the seal {seal} on {door} and retired the one before"),
    "menshen retire": N_("put the seal {seal} out of use"),
    "menshen wifi change": N_("asked the seals to change to another Wi-Fi"),
    "menshen wifi stop": N_("stopped the change to another Wi-Fi"),
    "menshen heartbeat": N_("asked seals for another heartbeat: {thing}"),
    "menshen rotate": N_("asked seals to take a fresh identity"),
    "menshen door-label": N_("printed labels for doors: {thing}"),
    "menshen notice": N_("printed sheets for households: {thing}"),
    "menshen broker-config": N_("wrote the broker's settings and logins anew"),
    "menshen console-certificate": N_("renewed the console's certificate"),
    "menshen influx init": N_("made an InfluxDB ready, with tokens"),
    "menshen backup": N_("made a copy of the whole site"),
    "menshen restore": N_("put a copy of the whole site back: {thing}"),
}
