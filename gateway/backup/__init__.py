"""Copies of a whole site, and how one is put back.

In reading order: `site` says what belongs to a site and where it lies, `tape` is the file of a copy
(a tar, encrypted to a public key if one is set), `rotation` how copies are named and which are
kept, `passing` the folders through which one goes, `making` makes one beside a running gateway,
`restoring` tries one or puts it back.
"""
