"""What is frozen into an image that carries the seal: for MicroPython's own build, FROZEN_MANIFEST.

A frozen seal starts without reading its modules from the file system, which halves a battery's
bill for a heartbeat. `menshen flash` needs no such image: it copies the same files, compiled.
"""
# ruff: noqa: F821 - these names are the build's

include("$(PORT_DIR)/boards/manifest.py")
package("sealwire")
package("sealnode")
package("sealupdate")
module("board.py")
module("app.py")
module("chooser.py")
module("slot_file.py")
module("main.py")
