"""Lines of text keep every promise, under every start method."""

from own_transport import LinesOfText

from ipc_cookbook.testing import check_transport


def test_lines_of_text() -> None:
    check_transport(LinesOfText())
