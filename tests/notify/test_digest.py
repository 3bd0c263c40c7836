"""A digest as text and as HTML."""

from base64 import b64encode

from acme_assets.notify.digest import Digest, Section, Table, render_digest

TABLE = Table(("client", "late"), (("Harbor Health", "109 min"), ("A<b>", "7 min")))


def test_both_forms_say_the_same() -> None:
    made = render_digest(
        Digest("The night of 2026-03-10", (Section("Late", ("2 of 4 clients",), TABLE), Section("Open")))
    )
    assert made.subject == "The night of 2026-03-10"
    for word in ("The night of 2026-03-10", "2 of 4 clients", "Harbor Health", "109 min", "Open"):
        assert word in made.text
        assert word in made.html
    assert "Harbor Health  109 min\n" in made.text
    assert "<img" not in made.html


def test_nothing_in_a_digest_becomes_markup() -> None:
    evil = "<script>alert(1)</script>"
    made = render_digest(Digest(evil, (Section(evil, (evil,), Table((evil,), ((evil,),))),), b"png", '" onerror="x'))
    assert "<script>" not in made.html
    assert made.html.count("&lt;script&gt;") == 6
    assert 'onerror="x' not in made.html


def test_the_picture_is_inside() -> None:
    picture = b"\x89PNG"
    made = render_digest(Digest("Night", (), picture, "bars, one per client"))
    assert f'src="data:image/png;base64,{b64encode(picture).decode()}" alt="bars, one per client"' in made.html
