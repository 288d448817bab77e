"""Why a file could not be used, in words: never Python's own, with a number and the path again.

`str` of an OSError is "[Errno 13] Permission denied: '/etc/…'", which whoever reads a sentence that
names the file already does not need twice.
"""


def why_not(error: Exception) -> str:
    """Half a sentence, to stand behind what names the file."""
    if isinstance(error, UnicodeError):
        return "it is no text"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return str(error).rstrip(".")
