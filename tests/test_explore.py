"""What `glomtf explore` answers and refuses, without a browser and without Gradio."""

import html
import socket
import sys
from contextlib import nullcontext

import pytest
from PIL import Image

import glomtf
from glomtf import cli
from glomtf.explore import server
from glomtf.explore.answer import answer
from glomtf.worlds import draw_sample


@pytest.fixture(scope="module")
def icons():
    return glomtf.load("icons")


def refusal(capsys, *arguments):
    """The one line on stderr."""
    assert cli.main(["explore", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("glomtf: error: expected ") and err.count("\n") == 1
    return err


def test_the_answer_is_the_report_in_a_frame(icons, tmp_path):
    file = tmp_path / "a & b.png"
    Image.fromarray(draw_sample("face")).save(file)
    thresholds = (0.7, 0.8, 0.9)
    page = answer(str(file), icons, 2, thresholds)
    result = glomtf.parse(file, icons, iters=2, thresholds=thresholds, name="a & b.png")
    start, _, rest = page.partition('srcdoc="')
    assert start.startswith('<iframe class="report" sandbox="allow-scripts" ')
    assert html.unescape(rest.removesuffix('"></iframe>')) == result.report()
    own = answer(str(file), icons, None, icons.reading.thresholds)
    assert html.escape(glomtf.parse(file, icons, name="a & b.png").report()) in own


def test_a_refusal_is_one_line_without_the_server_s_folder(icons, tmp_path):
    file = tmp_path / "<b>.png"
    file.write_text("no picture")
    assert answer(str(file), icons, None, icons.reading.thresholds) == (
        '<p class="refusal" role="alert">expected a PNG, JPEG, WebP, GIF or BMP picture, got '
        "&#x27;&lt;b&gt;.png&#x27;, which is none: convert it to PNG</p>"
    )


def test_without_gradio(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    assert 'got none; run pip install "glom-tf[explore]"' in refusal(capsys)


def test_ports_and_hosts_that_cannot_be(capsys):
    for port in ("0", "65536", "x"):
        assert "--port as a whole number from 1 to 65535" in refusal(capsys, "--port", port)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"and --port {port}, got: " in refusal(capsys, "--port", port)
    for host in ("192.0.2.1", "a..b", "a" * 70):
        assert f"--host '{host}'" in refusal(capsys, "--host", host)


@pytest.mark.parametrize(
    ("host", "warned"), [("127.0.0.1", False), ("localhost", False), ("0.0.0.0", True)]
)
def test_a_warning_where_other_machines_reach_the_page(capsys, monkeypatch, host, warned):
    calls = []

    def serving(models, *where):
        calls.append((list(models), *where))
        return nullcontext()

    def interrupted(self):
        raise KeyboardInterrupt

    monkeypatch.setattr("glomtf.cli.explore.find_spec", lambda name: name)
    monkeypatch.setattr(server, "serving", serving)
    monkeypatch.setattr("glomtf.cli.explore.Event.wait", interrupted)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert cli.main(["explore", "--host", host, "--port", str(port)]) == 130
    out, err = capsys.readouterr()
    shown = "0.0.0.0" if warned else "127.0.0.1"
    # The default comes first, the other presets after it.
    assert calls == [(["icons", "figures", "figures-motion"], shown, port)]
    assert f"http://{shown}:{port}" in out
    warning = (
        "glomtf: warning: whoever reaches 0.0.0.0 can use this page; leave out --host to keep it "
        "to this machine\n"
    )
    assert err == (warning if warned else "")
