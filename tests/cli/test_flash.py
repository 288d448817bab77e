"""`menshen flash`: what must be right before it looks for a board."""


def test_flash_says_what_it_lacks_before_it_looks_for_a_board(menshen, store):
    assert "`menshen broker-config` makes it" in menshen("flash").err
    menshen("broker-config", "pi.local")
    answer = menshen("flash")
    assert (answer.code, "a seal cannot reach 127.0.0.1; say with --broker" in answer.err) == (
        2,
        True,
    )
    answer = menshen("flash", "--broker", "pi.local", "--door", "d9")
    assert answer.err == "menshen: there is no door d9; `menshen doors` lists them\n"
    answer = menshen("flash", "--broker", "pi.local", "--door", "d1")
    assert "carries seal 00112233445566aa already" in answer.err
