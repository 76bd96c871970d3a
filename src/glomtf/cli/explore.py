"""`glomtf explore`: a local web page to drop pictures on."""

from __future__ import annotations

import ipaddress
import socket
import sys
from importlib.util import find_spec
from threading import Event

from jsonargparse import ArgumentParser, Namespace

from glomtf.cli.refusals import Refused, quiet_start, refusing, say, whole


def declare(parser: ArgumentParser) -> None:
    """The arguments and the help of `glomtf explore`."""
    parser.description = """Open a local web page: drop a picture, see its islands in the explorer.

Settling steps and thresholds can be changed there. Pictures stay on this machine and are deleted
when the command ends; nothing is fetched from or sent to any other. Needs Gradio:
pip install "glom-tf[explore]"

examples:
  glomtf explore                                 then open http://127.0.0.1:7860
  glomtf explore --model runs/mine               a model that you trained
  glomtf explore --port 8000"""
    parser.add_argument(
        "--model", default="icons", metavar="PRESET_OR_RUN", help="a preset or a run's folder"
    )
    parser.add_argument("--port", default="7860", metavar="N", help="where the page is")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="IPv4 address to listen on; other than 127.0.0.1, other machines reach the page",
    )


def run(options: Namespace) -> None:
    """Serve the page until interrupted."""
    port = whole("--port", options.port, least=1, most=65535)
    host = _address(options.host, port)
    if find_spec("gradio") is None:
        raise Refused('expected Gradio for the page, got none; run pip install "glom-tf[explore]"')
    with refusing(), quiet_start():
        from glomtf.explore.server import serving
        from glomtf.model.presets import available, load

        models = {name: load(name) for name in dict.fromkeys([options.model, *available()])}
    if not ipaddress.ip_address(host).is_loopback:
        print(
            f"glomtf: warning: whoever reaches {host} can use this page; "
            "leave out --host to keep it to this machine",
            file=sys.stderr,
            flush=True,
        )
    with serving(models, host, port):
        say(f"glomtf explore is at http://{host}:{port} (Ctrl-C ends it)")
        Event().wait()


def _address(host: str, port: int) -> str:
    """The IPv4 address of a host; refuses one that is not this machine's, or a port in use."""
    try:
        address = socket.gethostbyname(host)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except (OSError, UnicodeError) as error:  # the latter of a name with empty or long labels
        raise Refused(
            f"expected to listen on --host {host!r} and --port {port}, got: {error}; choose others"
        ) from None
    return address
