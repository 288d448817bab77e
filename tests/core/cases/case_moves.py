"""Who may move a case from where to where: ISA-18.2, and the closed loop."""

from gateway.core.model import CaseState as S

UNANSWERED = (S.RAISED, S.PAGED)
HELD = (S.ACKNOWLEDGED, S.ON_THE_WAY, S.ON_SITE)
BY_RULE = {(a, S.RAISED) for a in (*UNANSWERED, *HELD)}
BY_RULE |= {(S.RAISED, S.PAGED), (S.SIGNED_OFF, S.CLOSED), (S.REPORTED, S.CLOSED)}
BY_RULE |= {(S.ASSESSED, S.CLOSED)} | {(a, S.CLOSED) for a, _ in BY_RULE}
BY_PERSON = {(a, b) for a in UNANSWERED for b in HELD}
BY_PERSON |= {(a, b) for a in HELD for b in HELD if HELD.index(a) < HELD.index(b)}
BY_PERSON |= {(a, S.REPORTED) for a in HELD} | {(S.REPORTED, a) for a in HELD}  # and taken back
BY_PERSON |= {(a, S.RAISED) for a in HELD}  # handed over
BY_PERSON |= {(S.REPORTED, S.ASSESSED), (S.ASSESSED, S.SIGNED_OFF), (S.SIGNED_OFF, S.CLOSED)}
