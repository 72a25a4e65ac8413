"""Cards in a terminal: Markdown as plain text, and nothing that could move the cursor."""

from typing import Any

from cds_service.demo.terminal import Terminal, plain, table

CARD: dict[str, Any] = {
    "summary": "Interrupt trofosfamide",
    "indicator": "critical",
    "detail": "## Why\n\n**Do not sign.** Because *it* says so, in a line longer than forty characters.\n- one\n",
    "source": {"label": "Protocol 1"},
    "suggestions": [{"label": "Remove", "isRecommended": True}, {"label": "Wait"}],
}


def test_a_card_is_laid_out_within_its_width() -> None:
    lines = Terminal(40, colours=False).card(CARD).splitlines()
    assert max(map(len, lines)) <= 40
    assert lines[0] == "| CRITICAL  Interrupt trofosfamide"
    assert lines[2:5] == ["| Why", "|", "| Do not sign. Because it says so, in a"]
    assert lines[-4:] == ["|", "| [ Remove ]  recommended", "| [ Wait ]", "| Source: Protocol 1"]


def test_colours_are_for_terminals_that_have_them() -> None:
    assert "\x1b[" not in Terminal(80, colours=False).card(CARD)
    assert Terminal(80, colours=True).card(CARD).startswith("\x1b[1;31m|\x1b[0m \x1b[1;31mCRITICAL")


def test_marks_and_escapes_are_taken_out_of_text() -> None:
    assert plain("**bold** *it* \\*star\\* [label](https://a.example) &lt;b&gt; a\\|b 10*9 2 * 3") == (
        "bold it *star* label (https://a.example) <b> a|b 10*9 2 * 3"
    )


def test_control_characters_never_reach_a_terminal() -> None:
    assert plain("a\x1b[31mb\x07\u202ec\u200b") == "a[31mbc"


def test_tables_have_aligned_columns() -> None:
    assert table(["| Count | Value |", "|---|---|", "| neutrophils | 0.9 |", "| a\\|b |"]) == [
        "Count        Value",
        "-----------  -----",
        "neutrophils  0.9",
        "a|b",
    ]
    assert table(["|---|"]) == []
