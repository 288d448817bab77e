"""The kinds of values that several sections have: each with its check and its words."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from gateway.settings import secret
from gateway.settings.values import host_name, path, url

Port = Annotated[int, Field(ge=1, le=65_535, description="a whole number from 1 to 65535")]
Host = Annotated[
    str,
    AfterValidator(host_name),
    Field(description="a host name or an address, without port or scheme"),
]
Url = Annotated[
    str,
    AfterValidator(url),
    Field(description='an address that begins with http:// or https://, or "" for off'),
]
FilePath = Annotated[Path, BeforeValidator(path), Field(description="the path of a file")]
Name = Annotated[str, Field(max_length=200, description="up to 200 characters")]
Secret = Annotated[str | None, BeforeValidator(secret.readable), Field(repr=False)]
