"""`make openapi`: write the API's document, docs/openapi.json, from its routes.

A test compares the two, so that nobody changes what programs rely on without seeing it.
"""

import json
from pathlib import Path

from gateway.web.api import document

DOCUMENT = Path(__file__).with_name("openapi.json")


def written() -> str:
    """The document as it stands in the file."""
    routes = document.routes(None)  # they are looked at, and never asked
    return json.dumps(document.document(routes), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(written(), encoding="utf-8")
