"""Run the gateway's server on a free port of this machine, in a process of its own.

It says its port on the first line, keeps nothing on disk, and ends when its input is closed.
"""

import os
import socket
import sys
from threading import Thread


def main() -> None:
    from aiohttp import web
    from localstripe.resources import Store
    from localstripe.server import app

    Store.dump_to_disk = lambda _store: None
    Thread(target=end_with_parent, daemon=True).start()
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    web.run_app(app, sock=listening, print=None, access_log=None)


def end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
