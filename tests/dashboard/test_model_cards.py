from dashboard.model_cards import cards
from twin_core.learning.weights import ASSETS


def test_the_networks_behind_a_twin_have_their_cards_shown():
    names = [card.name for card in cards()]
    assert {"encoder", "segmenter", "surrogate", "view"} <= set(names)
    assert names == sorted(names)


def test_a_card_without_weights_beside_it_is_not_shown(tmp_path):
    (tmp_path / "old.md").write_text("# old\n\nGone. Long ago.\n")
    (tmp_path / "new.md").write_text("# new\n\nFinds it. Well.\n\n## Test\n\n| Dice | 0.9 |\n")
    (tmp_path / "new.safetensors").write_bytes(b"")
    (card,) = cards(tmp_path)
    assert (card.name, card.sentence) == ("new", "Finds it.")
    assert "#### Test" in card.text


def test_a_card_is_what_the_file_says():
    for card in cards():
        text = (ASSETS / f"{card.name}.md").read_text(encoding="utf-8")
        assert card.sentence.rstrip(".") in " ".join(text.split())
        assert card.text.count("|") == text.count("|"), "every figure of every table is there"
        assert not any(line.startswith(("# ", "## ")) for line in card.text.splitlines())


def test_a_card_links_to_nothing_that_the_page_does_not_serve(tmp_path):
    (tmp_path / "new.md").write_text("# new\n\nSee ([old.md](../old.md)), [paper](https://arxiv.org/abs/2109.01903).\n")
    (tmp_path / "new.safetensors").write_bytes(b"")
    (card,) = cards(tmp_path)
    assert card.text == "See (old.md), [paper](https://arxiv.org/abs/2109.01903)."
    assert not any("](" in card.text.replace("](https://", "") for card in cards())
