"""A link alone, on either Python, with a clock that runs as fast as the test likes.

    link_alone.ends(port, ca_path, server_name, step_ms, steps)

prints and returns why the link ended, or "" if it had not when the steps were over.
"""

import time

from sealnode.link import UP, Link

SEAL_ID = "00112233445566aa"
TOPIC = "seals/" + SEAL_ID + "/receipt"


def _pause(ms):
    if hasattr(time, "sleep_ms"):
        time.sleep_ms(ms)
    else:
        time.sleep(ms / 1000)


def opened(port, ca_path=None, server_name="broker.test", host="127.0.0.1"):
    """A link that has been asked to open at 0 ms."""
    ca_der = None
    if ca_path:
        with open(ca_path, "rb") as file:
            ca_der = file.read()
    link = Link(host, port, ca_der, server_name, SEAL_ID, "geheim", TOPIC)
    link.open(0)
    return link


def ends(port, ca_path=None, server_name="broker.test", step_ms=100, steps=400, host="127.0.0.1"):
    """Why the link ends; each step is 10 ms of real time and `step_ms` of the link's."""
    link = opened(port, ca_path, server_name, host)
    now_ms = 0
    for _ in range(steps):
        link.poll(now_ms)
        if link.why:
            break
        if link.state == UP:
            link.publish("seals/" + SEAL_ID + "/report", bytes(27), now_ms)
            link.inbox = []
        _pause(10)
        now_ms += step_ms
    why = link.why
    link.close()
    print("%d %s" % (now_ms, why))
    return why
