"""`menshen broker-config`: everything for mosquitto, or the logins alone."""


def test_the_brokers_configuration(menshen, store, folder):
    assert menshen("broker-config").code == 2
    answer = menshen("broker-config", "pi.local")
    assert answer.code == 0
    assert "00112233445566aa:$7$" in (folder / "broker/passwd").read_text()
    menshen("enrol", "--seal", "new", "--door", "d2")
    assert "and 2 seals; reload the broker." in menshen("broker-config").out
    assert menshen("broker-config", "a b").code == 1


def test_h3_what_was_chosen_once_holds_the_next_time(menshen, store, folder):
    conf = folder / "broker/mosquitto.conf"
    assert menshen("broker-config", "pi.local", "--port", 8884, "--address", "127.0.0.1").code == 0
    assert "listener 8884 127.0.0.1\n" in conf.read_text()
    assert menshen("broker-config", "pi.local", "192.168.1.2").code == 0
    assert "listener 8884 127.0.0.1\n" in conf.read_text()
    assert menshen("broker-config", "pi.local", "--address", "all").code == 0
    assert "listener 8884\n" in conf.read_text()


def test_h3_a_listener_from_before_there_was_a_record_is_kept(menshen, store, folder):
    menshen("broker-config", "pi.local", "--port", 8884, "--address", "127.0.0.1")
    (folder / "broker/written.json").unlink()
    answer = menshen("broker-config", "pi.local")
    assert answer.code == 0
    assert "listener 8884 127.0.0.1\n" in (folder / "broker/mosquitto.conf").read_text()


def test_h3_what_was_changed_by_hand_is_not_overwritten_unasked(menshen, store, folder):
    conf = folder / "broker/mosquitto.conf"
    menshen("broker-config", "pi.local")
    assert "by hand" not in menshen("broker-config", "pi.local").out
    edited = conf.read_text() + "listener 1883 127.0.0.1\n"
    conf.write_text(edited)
    answer = menshen("broker-config", "pi.local", "--port", 8884)
    assert (answer.code, conf.read_text()) == (0, edited)
    assert "mosquitto.conf was changed by hand, so it stays as it is" in answer.out
    assert "listener 8884\n" in (folder / "broker/mosquitto.conf.new").read_text()
    menshen("broker-config", "pi.local", "--overwrite")
    assert "listener 8884\n" in conf.read_text()
    assert not (folder / "broker/mosquitto.conf.new").exists()
