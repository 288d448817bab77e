"""Twenty lines that an engineer would write on the first day. Arguments: port, URL, client id."""

import json
import sys
from typing import Any

import paho.mqtt.client as mqtt
import requests
from paho.mqtt.enums import CallbackAPIVersion

port, url, client_id = int(sys.argv[1]), sys.argv[2], sys.argv[3]
http = requests.Session()


def on_message(_client: Any, _userdata: Any, message: Any) -> None:
    """Tell of an opening."""
    event = json.loads(message.payload)
    if event["state"] == "open":
        try:
            http.post(url, json=event, timeout=5)
        except requests.RequestException as error:
            print("not told:", error, flush=True)


client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False)
client.on_connect = lambda client, *_: client.subscribe("doors/+/state", qos=1)
client.on_message = on_message
client.connect("127.0.0.1", port)
client.loop_forever()
