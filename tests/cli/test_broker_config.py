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


def test_one_authority_a_site_and_a_second_says_where_the_first_lies(menshen, store, folder):
    """Whatever was typed where: no seal would trust a second one."""
    assert menshen("broker-config", "pi.local").code == 0
    first = (folder / "broker/ca.crt").read_bytes()
    answer = menshen("broker-config", "pi.local", "--out", "elsewhere")
    assert answer.code == 1
    assert f"this site's authority is {folder}/broker/ca.crt" in answer.err
    assert f"no seal would trust a second one in {folder}/elsewhere. Leave --out" in answer.err
    assert not (folder / "elsewhere").exists()
    answer = menshen("broker-config", "pi.local", "--out", "elsewhere", "--second-authority")
    assert answer.code == 0
    assert (folder / "broker/ca.crt").read_bytes() == first
    assert (folder / "elsewhere/ca.crt").read_bytes() != first


def test_the_first_one_goes_where_every_command_looks(menshen, store, settings, folder):
    answer = menshen("broker-config", "pi.local", "--out", "elsewhere")
    assert answer.code == 1
    assert f"every command looks for the broker's files in {folder}/broker" in answer.err
    assert f'write folder = "{folder}/elsewhere" under [broker] in {settings}' in answer.err
    assert not (folder / "elsewhere").exists()
    settings.write_text(
        settings.read_text().replace("[broker]\n", f'[broker]\nfolder = "{folder}/elsewhere"\n')
    )
    assert menshen("broker-config", "pi.local").code == 0
    assert (
        f"certfile {folder}/elsewhere/server.crt"
        in (folder / "elsewhere/mosquitto.conf").read_text()
    )
    assert menshen("console-certificate", "pi.local").code == 0
    assert "a seal cannot reach 127.0.0.1" in menshen("flash").err  # which it looked at before


def test_the_authority_that_the_gateway_trusts_is_the_sites(menshen, store, settings, folder):
    """A folder that was set anew and is empty: the next command would fill it with a second."""
    menshen("broker-config", "pi.local")
    trusted = f'[broker]\ntls = true\nca = "{folder}/broker/ca.crt"\nfolder = "new"\n'
    settings.write_text(settings.read_text().replace("[broker]\n", trusted))
    answer = menshen("broker-config", "pi.local")
    assert answer.code == 1
    assert f"Let folder under [broker] in {settings} name the folder that it lies in" in answer.err
    assert not (folder / "new").exists()
