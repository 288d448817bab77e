"""What `menshen check` finds about the site's OpenID provider: whether people can sign in by it."""

import asyncio

from gateway.accounts.provider import AwayError, DoubtfulError, Provider
from gateway.cli.check_result import CheckResult, Mark
from gateway.settings.oidc import Oidc


def provider(oidc: Oidc) -> CheckResult:
    """Whether it describes itself as the settings have it. Without it passwords and passkeys still
    open the console."""
    try:
        hosts = asyncio.run(Provider(oidc).described())
    except (AwayError, DoubtfulError) as error:
        words = f"{oidc.issuer} signs nobody in: {error}"
        return CheckResult("oidc", Mark.FAIL, words, {"issuer": oidc.issuer})
    words = f"{oidc.issuer} describes itself; it is asked at {', '.join(hosts)}"
    return CheckResult("oidc", Mark.OK, words, {"issuer": oidc.issuer, "hosts": hosts})
