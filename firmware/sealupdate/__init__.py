"""What changes a seal's own program: it runs alone, after a restart, with the whole heap to itself.

    chooser ─▶ install ─▶ ed25519 ─▶ sha512
                  │
                  └─▶ image   (MicroPython itself, in the chip's other partition)
            rom               (a slot's copy, where modules are read without the heap)

To be read in this order: `install` (from a pulled release to a slot on trial), `ed25519` and
`sha512` (whose release it is), `image`, `rom`. What a release looks like: `sealwire.release`. Which
slot starts, and from where: `chooser`, which lies outside the slots and is never updated. How the
bytes come: `sealnode.updates`.
"""
