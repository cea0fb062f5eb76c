"""The text of the terms on a page: titles, lists, paragraphs, and nothing that comes from the text itself."""

from __future__ import annotations

from gateway.settings import Settings
from gateway.terms.rendering import html_of
from gateway.terms.texts import Terms


def test_titles_lists_and_paragraphs():
    text = "# Un\nsuite\ndu texte\n\n## Deux\n\n- premier\n  qui continue\n* second\n\nfin"
    assert html_of(text) == (
        "<h2>Un</h2>\n<p>suite du texte</p>\n<h3>Deux</h3>\n"
        "<ul><li>premier qui continue</li><li>second</li></ul>\n<p>fin</p>"
    )


def test_nothing_of_the_text_is_an_element():
    """A text is shown, never run: neither markup nor addresses have a meaning."""
    shown = html_of('# <script>x</script>\n\n[lien](javascript:alert(1)) <b onclick="x">\n\n- <i>\n- &amp;')
    assert "<script" not in shown
    assert "<b" not in shown
    assert "href" not in shown
    assert "<li>&lt;i&gt;</li><li>&amp;amp;</li>" in shown


def test_no_word_of_our_own_text_is_lost():
    """O4: what is shown is what is hashed, word by word."""
    text = Terms.of(Settings("ledger", "keys")).current.text
    shown = html_of(text).striptags()
    for word in text.replace("#", " ").replace("- ", " ").split():
        assert word in shown
