"""The table of `glomtf evaluate`'s files."""


def test_scores_of_nothing_are_left_out():
    from table import cell

    assert cell([0.5, None, 0.7]) == "0.600 ± 0.141"
    assert cell([None, 0.5]) == "0.500"
    assert cell([None, None]) == "-"
