"""What a household says of its silent seal, in words of the street, and what sounds like it."""

import time

import pytest

from gateway.core.households.model import SealAnswer
from gateway.web.resident.seal_words import said_of_seal
from gateway.web.resident.text_messages import Wish, understood

# fmt: off
IN_PLACE = [
    "在原位", "在", "在的", "还在", "还在呢", "贴着", "贴着呢", "还贴着", "好好的",
    "好好地在门上", "封条好好的", "封条在", "封条还在", "没掉", "没有掉", "没掉下来",
    "封条没掉", "没有脱落", "没松", "没松动", "封条没松,好好的", "它在原位",
    "您好,我看了,还在原位", "没事,贴着呢", "封条没事", "封条很好", "都好,在原位",
    "我看了一下,没掉", "封条都好好的", "门上的没掉", "一直贴着没动过", "in place",
    "in its place.", "it is in place now", "yes, it is in place", "still there",
    "it's still there", "the seal is still on the door", "hasn't come off",
    "it has not come off", "it hasn't fallen off", "did not fall off", "not loose",
    "nothing came off", "it isnt loose", "the seal is fine", "seal ok",
    "we looked, it is in its place", "no, it's in place", "never came off",
]
OFF = [
    "掉了", "封条掉了", "昨晚掉了", "刚才掉下来了", "它掉在地上了", "脱落了", "松了",
    "封条松动了", "不在原位", "没在原位", "不在了", "封条不在了", "封条不见了", "封条坏了",
    "贴不住", "没贴着", "不是好好的", "没掉,但是松了", "封条翘起来了", "门上的掉了",
    "我发现掉了", "came off", "it came off", "it has come off", "it fell off last night",
    "the seal fell down", "loose", "it's loose", "the seal hangs loose", "not in place",
    "it is not in its place", "it isn't in place", "no longer in place",
    "not in its place, it came off", "it is not loose but came off", "out of place",
    "the seal is gone", "seal is missing", "it came off, how do i fix it",
    "it came off just now", "came off, please help", "the sticker is broken", "掉了,怎么办",
]
NEITHER = [
    "药掉了", "牙掉了", "手机掉了", "垃圾放回原处了", "都好好的", "我们好好的", "大家都好好的",
    "都好", "平安", "封条掉了吗", "掉了没有?", "是不是掉了", "如果掉了怎么办",
    "不知道掉了没有", "is it in place?", "has it come off?", "i don't know if it came off",
    "what if it comes off", "a tooth came off", "put the rubbish in its place",
    "a button fell off", "i have loose stools", "开门", "你好", "", "好的", "谢谢", "well",
    "all fine", "we are fine", "it", "封条", "封条怎么样", "the seal", "how is the seal",
    "在家", "在吗", "我在家", "人在", "不在家", "hm", "yes", "no", "ok", "在忙", "体温正常",
    "not sure, maybe loose", "电话在",
]
# Sentences with words of a seal in them that mean what they meant.
OTHERS = [
    ("药掉了", Wish.MEDICINE), ("封条掉了，药也吃完了", Wish.MEDICINE),
    ("垃圾放回原处了", Wish.RUBBISH), ("put the rubbish in its place", Wish.RUBBISH),
    ("送饭的时候掉了", Wish.FOOD), ("封条掉了，要看医生", Wish.DOCTOR),
    ("the seal came off, we need a doctor", Wish.DOCTOR),
    ("孩子发烧，封条掉了", Wish.UNWELL), ("封条没事，我们不太好", Wish.UNWELL),
    ("it came off, and we are not well", Wish.UNWELL),
    ("开门的时候封条掉了", Wish.NOW), ("it came off when I tried to open", Wish.NOW),
    ("the seal is loose, I open now", Wish.NOW), ("封条松了，别开门", Wish.CANCEL),
    ("记错了，封条好好的", Wish.WRONG), ("wrong, the seal was in its place", Wish.WRONG),
    ("cancel, it is in place", Wish.CANCEL), ("记录说封条掉了", Wish.RECORDS),
    ("封条怎么样", Wish.STATUS), ("how is the seal", Wish.STATUS), ("掉了几天了", Wish.STATUS),
    ("封条还在原位，还有几天", Wish.STATUS), ("每天都好好的", Wish.DAILY),
    ("都好好的", Wish.WELL), ("大家都好", Wish.WELL), ("all fine", Wish.WELL),
    ("封条掉了吗", Wish.HELP), ("is it in place?", Wish.HELP), ("牙掉了", Wish.HELP),
    ("now", Wish.NOW),
]
# And those that meant something else by a word beside, and are an answer now.
ANSWERS = [
    ("it is in place now", Wish.SEAL_IN_PLACE), ("it came off just now", Wish.SEAL_OFF),
    ("the seal is fine", Wish.SEAL_IN_PLACE), ("封条没事", Wish.SEAL_IN_PLACE),
    ("it came off, please help", Wish.SEAL_OFF), ("封条掉了，怎么样才能贴回去", Wish.SEAL_OFF),
    ("都好，在原位", Wish.SEAL_IN_PLACE), ("It hasn’t come off", Wish.SEAL_IN_PLACE),
    ("Came off!", Wish.SEAL_OFF), ("在原位", Wish.SEAL_IN_PLACE), ("掉了", Wish.SEAL_OFF),
]
# fmt: on


@pytest.mark.parametrize("said", IN_PLACE)
def test_a_seal_is_in_its_place_also_where_it_is_said_by_its_contrary(said: str) -> None:
    assert said_of_seal(said) is SealAnswer.IN_PLACE


@pytest.mark.parametrize("said", OFF)
def test_a_seal_came_off_also_where_it_is_said_by_its_contrary(said: str) -> None:
    assert said_of_seal(said) is SealAnswer.NOT_IN_PLACE


@pytest.mark.parametrize("said", NEITHER)
def test_what_is_asked_supposed_or_about_something_else_says_nothing_of_a_seal(said: str) -> None:
    assert said_of_seal(said) is None


@pytest.mark.parametrize(("said", "wish"), OTHERS)
def test_what_meant_something_else_means_that(said: str, wish: Wish) -> None:
    assert understood(said).wish is wish


@pytest.mark.parametrize(("said", "wish"), ANSWERS)
def test_an_answer_about_the_seal_is_one(said: str, wish: Wish) -> None:
    assert understood(said).wish is wish


SAME = ["刚", "好的", "是的", "都好", "还是", "看了", "一下", "a ", "no ' "]


@pytest.mark.parametrize("word", SAME)
def test_the_same_word_many_times_takes_no_time(word: str) -> None:
    """A text from anybody is read in the console's loop: thirty of these took seconds, sixty for
    ever."""
    for length in (30, 500):
        began_s = time.process_time()
        assert said_of_seal((word * length)[:length] + "x") is None
        assert time.process_time() - began_s < 1
