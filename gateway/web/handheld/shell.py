"""The app's shell: the files that every page of it needs, its worker, and its manifest.

The worker carries the shell's version, a digest of all its files. So a new release is a new worker,
which waits until somebody presses "new version".
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from gateway.language.catalogue import LOCALES, N_, say
from gateway.web.security import HANDHELD_HEADERS

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
SHARED: Final = HERE.parent / "static"

# Below /static, in the order in which a page asks for them.
FILES: Final = (
    "menshen.css",
    "handheld/handheld.css",
    "handheld/scan.css",
    "live.js",
    "page.js",
    "photo.js",
    "handheld/kept.js",
    "handheld/outbox.js",
    "handheld/handheld.js",
    "handheld/scan.js",
    "handheld/rings.js",
    "handheld/ringing.js",
    "mark.svg",
)
# What reads a QR code where the browser does not: fetched once somebody is signed in, and kept by
# this version (static/vendor/README.md), not by ours.
READER_VERSION: Final = "3.1.6"
_READER: Final = ("vendor/zxing-wasm-reader.js", "vendor/zxing_reader.wasm")
_IN_WORKER: Final = ("handheld/kept.js", "handheld/outbox.js", "handheld/rings.js")
_ICONS: Final = {"icon-192.png": "any", "icon-512.png": "any", "icon-maskable.png": "maskable"}
_APP = N_("Seals")
_RINGS = N_("A page for you. Open the app.")  # where nothing more can be read of it


@cache
def version() -> str:
    """A name for the shell as it is in this release: eight hex digits."""
    total = hashlib.blake2b(digest_size=4)
    for name in FILES:
        total.update(_path(name).read_bytes())
    for template in sorted((HERE / "templates").glob("*.html")):
        total.update(template.read_bytes())
    total.update((STATIC / "worker.js").read_bytes())
    return total.hexdigest()


@cache
def worker() -> str:
    """The worker's script; addresses in it are relative to its own, /handheld/sw.js."""
    files = [f"../static/{name}?v={version()}" for name in FILES]
    imported = [f"../static/{name}?v={version()}" for name in _IN_WORKER]
    said = {
        "VERSION": version(),
        "FILES": files,
        "READER": [f"../static/{name}?v={READER_VERSION}" for name in _READER],
        "OFFLINE": "offline",
        "GUARDS": HANDHELD_HEADERS,
        "RINGS": {language: say(_RINGS, language) for language in LOCALES},
    }
    lines = [
        f"const {name} = {msgspec.json.encode(value).decode()};" for name, value in said.items()
    ]
    lines.append(f"importScripts({', '.join(msgspec.json.encode(i).decode() for i in imported)});")
    return "\n".join(['"use strict";', *lines, (STATIC / "worker.js").read_text()])


def manifest(name: str, start: str, scope: str, static: str, language: str) -> dict[str, Any]:
    """What the phone reads to install the app.

    Args:
        name: what the site is called.
        start: the path of the page that it opens with.
        scope: the path below which its pages are.
        static: the path of our own files.
        language: of whom it is for.
    """
    icons = [
        {
            "src": f"{static}/handheld/{icon}",
            "sizes": "192x192" if "192" in icon else "512x512",
            "type": "image/png",
            "purpose": purpose,
        }
        for icon, purpose in _ICONS.items()
    ]
    return {
        "id": scope,
        "name": f"{say(_APP, language)} · {name}",
        "short_name": say(_APP, language),
        "lang": "zh-CN" if language == "zh" else language,
        "start_url": start,
        "scope": scope,
        "display": "standalone",
        "background_color": "#f5f3ee",
        "theme_color": "#1d2528",
        "icons": icons,
    }


def _script(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _path(name: str) -> Path:
    before, _, rest = name.partition("/")
    return STATIC / rest if before == "handheld" else SHARED / name
