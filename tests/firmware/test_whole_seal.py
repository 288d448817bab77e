"""A whole seal, compiled, on the real MicroPython, through a real broker, over TLS."""

import json

import pytest

from sealnode.spool import ENTRIES_MAX
from sealwire import command, gateway_end, note
from sealwire.report import HEARTBEAT, OPEN, SHUT, TAMPER
from tests.firmware.broker_site import SERVER_NAME, Site
from tests.firmware.listening_gateway import Receiver
from tests.firmware.seal_bench import Bench, ended, seal_settings

HEAP = "64k"
REED, COVER = 0, 1
THREE_EDGES = [[300, REED, 1], [302, REED, 0], [303, REED, 1], [600, REED, 0], [900, REED, 1]]


def over_tls(site: Site, **changes: object) -> dict[str, object]:
    return seal_settings(site.tls_port, ca="ca.der", server_name=SERVER_NAME, **changes)


def test_the_whole_seal_runs_in_64_kb_with_an_esp32_s_words(
    bench_i386: Bench, site: Site, receiver: Receiver
) -> None:
    done = bench_i386.work(
        over_tls(site), HEAP, ca=site.certificate.ca_der, script=THREE_EDGES, until="receipts"
    )
    told = [(r.first, r.contact, r.edges) for _, _, r in receiver.reports if r.seq]
    assert told == [(True, SHUT, 0), (False, OPEN, 1), (False, SHUT, 2), (False, OPEN, 3)]
    assert done["receipts"] == 5  # and of its boot's note
    print(f"heap of the whole seal, live: {done['live'] - done['bench']} bytes of {HEAP}")
    print(f"and of the bench around it: {done['bench']} bytes")


def test_one_that_speaks_by_air_too_runs_in_64_kb_with_an_esp32_s_words(
    bench_i386: Bench, site: Site, receiver: Receiver
) -> None:
    ca, settings = site.certificate.ca_der, over_tls(site, bluetooth=True)
    done = bench_i386.work(settings, HEAP, ca=ca, script=THREE_EDGES, until="receipts")
    assert done["waiting"] == 0
    assert done["said"] >= 2  # what has its receipt before the air is free is not said
    counters = [counter for _, counter, _ in receiver.reports]
    assert len(counters) == len(set(counters)) < done["counter"]  # the others went by air
    print(f"heap of the whole seal with both ways, live: {done['live'] - done['bench']} of {HEAP}")


@pytest.mark.parametrize("bluetooth", [False, True])
def test_a_full_spool_fits_into_64_kb_too(
    bluetooth: bool, bench_i386: Bench, site: Site, receiver: Receiver
) -> None:
    receiver.answer = lambda report: False
    ca, settings = site.certificate.ca_der, over_tls(site, bluetooth=bluetooth)
    done = bench_i386.work(settings, HEAP, ca=ca, toggles=80, until="toggled")
    assert done["waiting"] == ENTRIES_MAX
    print(f"heap with a full spool, live: {done['live']} bytes of {HEAP}")
    receiver.answer = lambda report: True
    done = bench_i386.work(settings, HEAP, ca=ca, until="receipts")
    assert done["waiting"] == 0
    assert max(r.edges for _, _, r in receiver.reports) == 80  # what was dropped is told by this


def test_the_smallest_heap_is_told(bench_i386: Bench, site: Site, receiver: Receiver) -> None:
    enough = HEAP
    for heap in ("60k", "56k", "52k", "48k"):
        process = bench_i386.start(
            over_tls(site), heap, ca=site.certificate.ca_der, script=THREE_EDGES, until="receipts"
        )
        said, _ = process.communicate(timeout=120)
        if process.returncode:
            assert "MemoryError" in said
            break
        enough = heap
    print(f"smallest heap that the whole seal and its bench run in: {enough}")


def test_a_native_seal_does_the_same(bench: Bench, site: Site, receiver: Receiver) -> None:
    done = bench.work(
        over_tls(site), ca=site.certificate.ca_der, script=THREE_EDGES, until="receipts"
    )
    assert done["receipts"] == 5  # and of its boot's note
    bounced = [r for _, _, r in receiver.reports if r.edges == 2]
    assert bounced[0].bounces == 2
    assert all(r.age_ms is not None and r.age_ms < 10_000 for _, _, r in receiver.reports)


def test_tamper_is_told_at_once_and_is_no_edge(
    bench: Bench, site: Site, receiver: Receiver
) -> None:
    bench.work(seal_settings(site.port), script=[[300, COVER, 1]], until="receipts")
    told = [r for _, _, r in receiver.reports if r.kind == TAMPER]
    assert [(r.cover, r.edges, r.contact) for r in told] == [(True, 0, SHUT)]


def test_a_lost_receipt_brings_the_same_report_under_a_new_counter(
    bench: Bench, site: Site, receiver: Receiver
) -> None:
    dropped: list[int] = []

    def twice_not(report: object) -> bool:
        dropped.append(1)
        return len(dropped) > 2

    receiver.answer = twice_not
    bench.work(seal_settings(site.port), until="receipts")
    (one, two, three) = receiver.reports
    assert {one[2].seq, two[2].seq, three[2].seq} == {1}
    assert one[1] < two[1] < three[1]
    assert receiver.not_above_mark == 0


def test_after_a_power_cut_the_epoch_is_new_and_what_waits_is_sent_with_no_age(
    bench: Bench, site: Site, receiver: Receiver
) -> None:
    receiver.answer = lambda report: report.seq == 1
    process = bench.start(seal_settings(site.port), script=[[300, REED, 1], [900, REED, 0]])
    receiver.wait_for(  # asked for again, when the door has long shut: two reports wait
        lambda reports: any(r.seq == 2 and (r.age_ms or 0) > 1500 for r in reports)
    )
    process.kill()
    process.communicate()
    before = len(receiver.reports)
    receiver.answer = lambda report: True
    done = bench.work(seal_settings(site.port), until="receipts")
    assert done["epoch"] == 2
    after = receiver.reports[before:]
    assert {epoch for epoch, _, _ in after} == {2}
    again = {r.seq: r for _, _, r in after}
    assert [(again[seq].age_ms, again[seq].edges) for seq in (2, 3)] == [(None, 1), (None, 2)]
    assert again[4].first
    assert again[4].age_ms is not None
    assert receiver.not_above_mark == 0


def test_rubbish_where_receipts_belong_changes_nothing(
    bench: Bench, site: Site, receiver: Receiver
) -> None:
    receiver.answer = lambda report: False
    process = bench.start(seal_settings(site.port), until="receipts")
    receiver.wait_for(bool)
    for payload in (b"", b"\x11", bytes(19), bytes(400), b"\x10" * 27, b"\xff" * 19):
        receiver.say(payload)
    receiver.answer = lambda report: True
    done = ended(process)
    assert done["refused"] == 5  # the longest was let pass by
    assert done["why"] == []


def test_a_broker_that_dies_and_comes_back_loses_no_report_and_no_heap(
    bench_i386: Bench, site: Site, receiver: Receiver
) -> None:
    process = bench_i386.start(
        over_tls(site, heartbeat_s=1), HEAP, ca=site.certificate.ca_der, toggles=1, until="enough"
    )
    receiver.wait_for(lambda reports: any(r.edges == 1 for r in reports))
    for _ in range(3):
        site.broker.kill()
        told = len(receiver.reports)
        site.broker.start()
        receiver.wait_for(lambda reports, told=told: len(reports) > told)  # type: ignore[misc]
    (bench_i386.folder / "enough").touch()
    done = ended(process)
    assert done["waiting"] == 0
    print(f"heap after four TLS sessions, live: {done['live']} bytes of {HEAP}")


def test_a_command_is_taken_in_what_orders_take_more(
    bench_i386: Bench, site: Site, receiver: Receiver
) -> None:
    receiver.command = gateway_end.pack_command(command.HEARTBEAT, 7, ((1).to_bytes(3, "big"),))
    ca = site.certificate.ca_der
    script = [*THREE_EDGES, *([2000 + 300 * i, REED, i % 2] for i in range(12))]
    # The seal's 64 KB, and as much as is read in for a command: from files it does not fit.
    done = bench_i386.work(over_tls(site), "70k", ca=ca, script=script, until="receipts")
    assert [(said.ticket, said.outcome) for said in receiver.notes][1:] == [(7, note.WORKED)]
    print(f"heap with the orders read in, live: {done['live'] - done['bench']} bytes of {HEAP}")


def test_another_network_is_tried_over_tls_in_what_orders_take_more(
    bench_i386: Bench, site: Site, receiver: Receiver
) -> None:
    receiver.command = gateway_end.pack_command(command.WIFI, 7, (b"new", b"new password"))
    folder = bench_i386.folder
    (folder / "networks").write_text("old new")
    old = {"ssid": "old", "password": "old password"}
    (folder / "settings.json").write_text(json.dumps(over_tls(site, wifi=old)))
    work = {"disk": "flash.img", "settings": "settings.json", "ca": str(site.certificate.ca_der)}
    work |= {"networks": "networks", "enough": "enough"}
    (folder / "work.json").write_text(json.dumps(work))
    program = "import seal_on_radio; seal_on_radio.main('work.json')"
    process = bench_i386.run(program, "72k")  # from files; what lies in ROM needs none of it
    receiver.wait_for(lambda _: note.WORKED in [said.outcome for said in receiver.notes])
    receiver.wait_for(lambda told: told[-1].kind == HEARTBEAT)
    (folder / "enough").touch()
    done = ended(process)
    assert done["wifi"] == "new"
    print(f"heap while a network is tried, at most: {done['most'] - done['bench']} bytes")
