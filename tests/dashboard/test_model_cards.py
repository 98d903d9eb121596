from dashboard.model_cards import cards
from twin_core.learning.weights import ASSETS


def test_every_shipped_network_has_its_card():
    assert [card.name for card in cards()] == sorted(path.stem for path in ASSETS.glob("*.safetensors"))


def test_a_card_is_what_the_file_says():
    for card in cards():
        text = (ASSETS / f"{card.name}.md").read_text(encoding="utf-8")
        assert card.sentence.rstrip(".") in " ".join(text.split())
        assert card.text.count("|") == text.count("|"), "every figure of every table is there"
        assert not any(line.startswith(("# ", "## ")) for line in card.text.splitlines())
