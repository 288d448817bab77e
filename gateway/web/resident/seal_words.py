"""What a text says of a seal that is not heard, in words of the street: it is in its place, or not.

Read clause by clause. A clause counts if it names the seal, or if nothing that was written before
its words is about anything else: "came off" is about the seal, "the button came off" is not. No is
no: "has not come off" is in its place, "not in its place" is not. What asks, supposes or does not
know says nothing; and one word that it came off outweighs others that it is there.
"""

import re
from typing import Final

from gateway.core.households.model import SealAnswer

_CLAUSES: Final = re.compile(r"[,，。.!！?？;；:：、\n]+|\bbut\b|但是?|不过")
# Asked, supposed or not known; asked also with a word at the end.
_UNSURE: Final = re.compile(
    r"吗|么[?？]?\s*$|是不是|有没有|会不会|(?:掉|脱落|松|在)了?没(?:有)?\W*$|如果|要是|万一|不知道|不清楚|不确定|说不准"
    r"|^\s*(?:is|are|has|have|did|does|was|should|could|will|would)\b(?!\s+not\b)|\bif\b|\bwhether\b"
    r"|\b(?:not sure|unsure|no idea)\b|(?:\bnot|n't)\s+know\b|\bwhat happens\b"
)
_NAMED: Final = re.compile(
    r"封条|封签|封贴|标签|小盒子?|盒子|那个?东西|设备|传感器|感应器|磁铁|它|门上|门[磁贴封]"
    r"|\bseals?\b|\bstickers?\b|\btags?\b|\blabels?\b|\bbox\b|\bsensors?\b|\bdevice\b|\bmagnet\b"
    r"|\bit(?:'s)?\b|\bits\b(?!\s+(?:right |usual )?place)|\bthing\b"
)
# What may stand before such words and is about nothing. No word of it is the beginning of another
# and the rest one too, so that a text is read in one way only: read in each of them, sixty times
# the same sign would keep the console for ever.
_FILLER_ZH: Final = re.compile(
    r"(?:您好|你好|老师|同志|嗯|哦|是|对|好像|好|没事|平安|很好|谢谢|回复?|答|报告|发现|看过?|一?[下眼]|检查|"
    r"我们?|家里?|这里|这边|今天|昨[天晚]|早上|晚上|夜里|下午|上午|中午|刚才?|现在|目前|已经?|可能|应该|"
    r"一直|仍然?|还|就|又|也|都|自己|全|了|的|啊|呢|呀|那个|这个|\s)+"
)
_FILLER_EN: Final = re.compile(
    r"\s*(?:(?:a|all|already|also|am|and|answer|are|been|checked|dear|did|fine|had|has|have|hello"
    r"|hi|i|is|just|last|looked|morning|my|night|no|now|of|ok|okay|our|please|probably|reply|so"
    r"|sorry|still|thanks?|that|the|they|think|this|to|today|tonight|was|we|well|yes|yesterday"
    r"|you)\b['\s]*)*"
)
_NOT_EN: Final = (
    r"(?:\bnot|n't|\b(?:is|was|has|had|did|does)nt|\bnever|\bno longer|\bnothing|\bnone)\s+"
    r"(?:\w+\s+){0,2}?"
)
_OFF_ZH: Final = r"(?:掉(?:了|下|落|在)|脱(?:落|了|开|胶)|松(?:了|动|脱|开)|翘|歪了|开胶)"
_OFF_EN: Final = (
    r"\b(?:(?:came|comes?|coming|fell|falls?|fallen|falling|dropped|peel(?:s|ed|ing)?)"
    r"(?:\s+(?:right|half|partly))?\s+(?:off|down)"
    r"|loose(?=\s*$|\s+(?:again|and|at|from|now|on|seal|since|sticker|today|tonight)\b)"
    r"|detached|out of (?:its )?place)\b"
)
_IN_ZH: Final = (
    r"(?:在?原(?:位|处|来的?(?:地方|位置))|贴(?:着|得|在|好|牢)|粘着|(?:还|都|好好地?)在"
    r"|在(?:门上|上面|那)|(?<![都们我里人家])好好的)"
)
_IN_EN: Final = (
    r"\b(?:in (?:its |the )?(?:right |same |usual )?place|still (?:there|on|up|attached|sticks)"
    r"|attached|on the door)\b"
)
_IN_PLACE: Final = re.compile(f"{_IN_ZH}|{_IN_EN}")
_OFF: Final = re.compile(f"{_OFF_ZH}|{_OFF_EN}")
# The same, said by its contrary.
_NOT_OFF: Final = re.compile(
    r"(?:没有?|未|不)(?:自己|怎么|再|会)?(?:掉|脱落|脱开?|松动?|翘|歪|动过|坏)(?:下来|落|了)?"
    rf"|{_NOT_EN}(?:{_OFF_EN}|\bcome\s+off\b)"
)
_NOT_IN_PLACE: Final = re.compile(
    r"(?:不|没有?)(?:是|再)?(?:在(?:原|门|上面|那|了)|贴(?:着|牢|好)|好好的)[位处]?|贴不[住牢上]|不在了"
    rf"|{_NOT_EN}{_IN_EN}"
)
# Enough where the seal is named, and in its own clause.
_WELL: Final = re.compile(
    r"没事|没问题|很好|好好的|正常|完好|在(?:的|呢)?\s*$|牢|\b(?:fine|ok|okay|good|there)\b"
)
_GONE: Final = re.compile(r"不见|坏|断|丢|\b(?:gone|missing|lost|broken?|broke|off|damaged)\b")
_BARE_ZH: Final = re.compile(r"^\s*(?:还|都|一直|仍)?在(?:的|呢|啊|呀)?\s*$")


def said_of_seal(plain: str) -> SealAnswer | None:
    """What a message says of a seal.

    Args:
        plain: the message in small letters, NFKC, with straight apostrophes.

    Returns:
        IN_PLACE or NOT_IN_PLACE; None where it says neither.
    """
    if _UNSURE.search(plain):
        return None
    said: set[SealAnswer] = set()
    is_about_it = True
    for clause in _CLAUSES.split(plain):
        is_named = _NAMED.search(clause) is not None
        answer, before = _said(clause, is_named)
        if is_named:
            is_about_it = True
        elif not _is_filler(before):
            is_about_it = False
        if answer is not None and is_about_it:
            said.add(answer)
    if SealAnswer.NOT_IN_PLACE in said:
        return SealAnswer.NOT_IN_PLACE
    return SealAnswer.IN_PLACE if said else None


def _said(clause: str, is_named: bool) -> tuple[SealAnswer | None, str]:
    """What a clause says, if it is about the seal, and what stands before that."""
    found: list[tuple[int, SealAnswer]] = []
    for words, answer in _BY_CONTRARY:
        for one in words.finditer(clause):
            found.append((one.start(), answer))
        clause = words.sub(lambda one: "|" * len(one[0]), clause)
    for words, answer in _STRAIGHT + (_OF_NAMED if is_named and not found else ()):
        found += [(one.start(), answer) for one in words.finditer(clause)]
    if not found:
        return None, clause
    answers = {answer for _, answer in found}
    is_off = SealAnswer.NOT_IN_PLACE in answers
    first = min(start for start, _ in found)
    return (SealAnswer.NOT_IN_PLACE if is_off else SealAnswer.IN_PLACE), clause[:first]


_BY_CONTRARY: Final = (
    (_NOT_OFF, SealAnswer.IN_PLACE),
    (_NOT_IN_PLACE, SealAnswer.NOT_IN_PLACE),
)
_STRAIGHT: Final = (
    (_OFF, SealAnswer.NOT_IN_PLACE),
    (_IN_PLACE, SealAnswer.IN_PLACE),
    (_BARE_ZH, SealAnswer.IN_PLACE),
)
_OF_NAMED: Final = ((_GONE, SealAnswer.NOT_IN_PLACE), (_WELL, SealAnswer.IN_PLACE))


def _is_filler(before: str) -> bool:
    """Whether words are about nothing: those before others, or a whole clause."""
    return any(words.fullmatch(before) for words in (_FILLER_EN, _FILLER_ZH))
