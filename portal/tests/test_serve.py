"""What `make run` refuses, in one sentence each, before anything is started."""

import argparse
import socket

import pytest

from portal import serve


def options(port: int) -> argparse.Namespace:
    return argparse.Namespace(bind="127.0.0.1", port=port, reload=False)


def test_taken_port_names_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(serve.RefusedError, match=f"PORT={port + 1} make run"):
            serve._refuse_a_taken_port(options(port))


def test_unreachable_database_is_named_without_its_password() -> None:
    with pytest.raises(serve.RefusedError) as refusal:
        serve._refuse_an_unreachable_database("postgres://me:secret@127.0.0.1:1/portal")

    assert "127.0.0.1/portal" in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_other_databases_are_refused() -> None:
    with pytest.raises(serve.RefusedError, match="postgres://"):
        serve._refuse_an_unreachable_database("mysql://me:secret@localhost/portal")


def test_production_is_not_run_this_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_MODE", "production")

    with pytest.raises(serve.RefusedError, match="rehearsal"):
        serve._prepare(options(8000))
