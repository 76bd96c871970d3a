"""Serving the page on this machine: no analytics, no share link, nothing kept afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glomtf.model.glom import Glom

MOST_BYTES = 50 * 2**20


@contextmanager
def serving(models: Mapping[str, Glom], host: str, port: int) -> Iterator[None]:
    """The page is at ``host`` and ``port`` within the context; what was dropped is deleted after.

    Args:
        models: by name, the first one is chosen.
        host: an IPv4 address of this machine.
        port: a free one.
    """
    with TemporaryDirectory(prefix="glomtf-explore-") as dropped:
        # Gradio reads these when it is imported or builds a page.
        os.environ["GRADIO_TEMP_DIR"] = dropped
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        # It asks itself whether it is up, which no proxy could answer.
        besides = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
        os.environ["no_proxy"] = ",".join(filter(None, [besides, host, "localhost"]))
        from glomtf.explore.page import LOOK, build

        page = build(models)
        page.launch(
            server_name=host,
            server_port=port,
            max_file_size=MOST_BYTES,
            prevent_thread_lock=True,
            quiet=True,
            share=False,
            ssr_mode=False,
            mcp_server=False,
            pwa=False,
            enable_monitoring=False,
            run_history=False,
            footer_links=[],
            **LOOK,
        )
        try:
            yield
        finally:
            page.close(verbose=False)
