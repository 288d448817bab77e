"""`menshen broker-config`: everything for mosquitto, or the logins alone."""


def test_the_brokers_configuration(menshen, store, folder):
    assert menshen("broker-config").code == 2
    answer = menshen("broker-config", "pi.local")
    assert answer.code == 0
    assert "00112233445566aa:$7$" in (folder / "broker/passwd").read_text()
    menshen("enrol", "--seal", "new", "--door", "d2")
    assert "and 2 seals; reload the broker." in menshen("broker-config").out
    assert menshen("broker-config", "a b").code == 1
