"""`menshen label`: a seal's label again."""


def test_a_label_again(menshen, folder):
    assert "seal 0011 2233 4455 66aa" in menshen("label", "0011 2233 4455 66AA").out
    assert menshen("label", "00112233445566aa", "--out", "labels").code == 0
    assert (folder / "labels/seal-00112233445566aa.svg").exists()
    assert menshen("label", "12").code == 2
    (folder / "file").touch()
    answer = menshen("label", "00112233445566aa", "--out", "file")
    assert (answer.code, answer.err) == (1, "menshen: file cannot be written: File exists\n")
