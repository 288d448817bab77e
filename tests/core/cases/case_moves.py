"""Who may move a case from where to where: ISA-18.2, and the closed loop."""

from gateway.core.model import CaseState as S

UNANSWERED = (S.RAISED, S.PAGED)
BY_RULE = {(a, S.RAISED) for a in (*UNANSWERED, S.ACKNOWLEDGED, S.ON_SITE)}
BY_RULE |= {(S.RAISED, S.PAGED), (S.SIGNED_OFF, S.CLOSED), (S.REPORTED, S.CLOSED)}
BY_RULE |= {(S.ASSESSED, S.CLOSED)} | {(a, S.CLOSED) for a, _ in BY_RULE}
BY_PERSON = {(a, b) for a in UNANSWERED for b in (S.ACKNOWLEDGED, S.ON_SITE)}
BY_PERSON |= {(S.ACKNOWLEDGED, S.ON_SITE), (S.ACKNOWLEDGED, S.REPORTED), (S.ON_SITE, S.REPORTED)}
BY_PERSON |= {(S.REPORTED, S.ASSESSED), (S.ASSESSED, S.SIGNED_OFF), (S.SIGNED_OFF, S.CLOSED)}
