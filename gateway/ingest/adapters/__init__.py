"""Contacts of other makers, one file each: what their messages mean, and nothing else.

A file here is a pure parser: no network, no clock, no state but what its own library keeps. What it
reads is nobody's signed word (core.makes), so it must never raise anything but `Unreadable`,
whatever stands in a message. To be read in this order: `said` (what they all answer),
`zigbee2mqtt`, `tasmota`, `esphome` (messages of a broker), `bthome` (advertisements). What becomes
of it is `gateway.ingest.contacts`' matter, how an address is written
`gateway.registry.contact_addresses`'.
"""
