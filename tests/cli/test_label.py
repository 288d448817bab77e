"""`menshen label`: a seal's label again."""


def test_a_label_again(menshen, folder):
    assert "seal 0011 2233 4455 66aa" in menshen("label", "0011 2233 4455 66AA").out
    assert menshen("label", "00112233445566aa", "--out", "labels").code == 0
    assert (folder / "labels/seal-00112233445566aa.svg").exists()
    assert menshen("label", "12").code == 2
    (folder / "file").touch()
    answer = menshen("label", "00112233445566aa", "--out", "file")
    assert (answer.code, answer.err) == (1, "menshen: file cannot be written: File exists\n")


def test_labels_by_the_sheet_lead_to_the_console_and_name_the_door(menshen, folder, store):
    text = (folder / "menshen.toml").read_text()
    address = 'public_url = "https://menshen.example.org"\n'
    (folder / "menshen.toml").write_text(text.replace("[console]\n", "[console]\n" + address))
    answer = menshen("label", "00112233445566aa", "0011 2233 4455 66bb", "--out", "labels.pdf")
    assert (answer.code, "on sheets of 24 labels of 70 by 37 mm" in answer.out) == (0, True)
    assert (folder / "labels.pdf").read_bytes().startswith(b"%PDF-")
    assert menshen("label", "0011", "2233", "4455", "66aa").out == (
        menshen("label", "00112233445566aa").out
    )
