"""Whether the console can listen where it was told to; found out before anything starts, so that it can be said."""

import errno
import os
import socket


class ListenProblem(Exception):
    """Why nothing can listen there: one or two sentences."""


def check(host: str, port: int) -> None:
    """Raises ListenProblem when another program listens there, or this machine has no such address."""
    elsewhere = ListenProblem(f"This machine has no address {host}. Give another with --host.")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise elsewhere from None
    outcomes = {_try(family, address) for family, _, _, _, address in found}
    if errno.EADDRINUSE in outcomes:
        raise ListenProblem(
            f"Port {port} is in use by another program, perhaps by Cartwatch itself ({url(host, port)}). "
            "Give another with --port."
        )
    if errno.EACCES in outcomes:
        raise ListenProblem(f"This user may not listen on port {port}. Give another with --port, such as 8080.")
    if 0 not in outcomes:
        raise elsewhere


def url(host: str, port: int) -> str:
    """The address to open on this machine for a console that listens on ``host``."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host)  # noqa: S104  # compared, not listened on
    return f"http://{name or (f'[{host}]' if ':' in host else host)}:{port}"


def _try(family: int, address: tuple[object, ...]) -> int:
    """0, or the number of the system's error."""
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if os.name != "nt":  # as the server does: a port that was only just closed is free
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind(address)
    except OSError as problem:
        # Windows has numbers of its own for the same things.
        return {10048: errno.EADDRINUSE, 10013: errno.EACCES}.get(problem.errno or -1, problem.errno or -1)
    return 0
