"""IP addresses in a form that sorts: 16 bytes, IPv4 mapped into IPv6, so that every network is one range."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Range = tuple[bytes, bytes]
"""First and last address of a range, both included."""

_MAPPED = bytes(10) + b"\xff\xff"


def pack(text: str) -> bytes | None:
    """16 bytes that sort; None for what is not an address (zone ids and leading zeros are refused as ambiguous)."""
    if "%" in text:
        return None
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return _packed(address)


def unpack(packed: bytes) -> str:
    """The address as it is usually written."""
    return str(_address(packed))


def network(packed: bytes) -> str:
    """The network an address belongs to for our purposes: /24 for IPv4, /48 for IPv6."""
    address = _address(packed)
    return str(ip_network((address, 24 if isinstance(address, IPv4Address) else 48), strict=False))


def shortened(packed: bytes) -> bytes:
    """The first address of its network: what is left of an address when it may not be kept in full."""
    return packed[:15] + bytes(1) if packed.startswith(_MAPPED) else packed[:6] + bytes(10)


def shown(packed: bytes) -> str:
    """The address, or its network where that is all that is left of it."""
    return network(packed) if packed == shortened(packed) else unpack(packed)


def ranges(text: str) -> tuple[Range, ...]:
    """What a search text means as addresses: one address, a CIDR range, or the beginning of one while it is typed.

    ``185.22`` is 185.22.* and also 185.220.* to 185.229.*, as text would be; ``185.22.`` is 185.22.* only.
    Empty where the text is none of these.
    """
    text = text.strip()
    if "%" in text:
        return ()
    if "/" in text:
        return _cidr(text)
    packed = pack(text)
    typed = _typed_v4(text) if ":" not in text else _typed_v6(text)
    if packed is None:
        return typed
    # "1.2.3.4" is an address, and the beginning of 1.2.3.40 to 49.
    return typed or ((packed, packed),)


def _cidr(text: str) -> tuple[Range, ...]:
    try:
        found = ip_network(text, strict=False)
    except ValueError:
        return ()
    return ((_packed(found[0]), _packed(found[-1])),)


def _typed_v4(text: str) -> tuple[Range, ...]:
    parts = text.split(".")
    if not 2 <= len(parts) <= 4 or not all(_octet(part) for part in parts[:-1]):
        return ()
    fixed, last = [int(part) for part in parts[:-1]], parts[-1]
    if last == "":
        return (_octets(fixed, fixed),) if len(fixed) < 4 else ()
    if not _octet(last):
        return ()
    first = int(last)
    spans = [(first, first)]
    if first:
        spans += [(first * 10**more, min(first * 10**more + 10**more - 1, 255)) for more in (1, 2)]
    return tuple(_octets([*fixed, low], [*fixed, high]) for low, high in spans if low <= 255)


def _octet(text: str) -> bool:
    return text.isascii() and text.isdigit() and str(int(text)) == text and int(text) <= 255


def _octets(low: list[int], high: list[int]) -> Range:
    return _MAPPED + bytes(low + [0] * (4 - len(low))), _MAPPED + bytes(high + [255] * (4 - len(high)))


def _typed_v6(text: str) -> tuple[Range, ...]:
    """The beginning of an IPv6 address, up to and including a colon: ``2001:db8:``."""
    groups = text.removesuffix(":").split(":")
    if not text.endswith(":") or not 1 <= len(groups) <= 7:
        return ()
    try:
        low = b"".join(int(group, 16).to_bytes(2, "big") for group in groups if 0 < len(group) <= 4)
    except (ValueError, OverflowError):
        return ()
    if len(low) != 2 * len(groups):
        return ()
    return ((low + bytes(16 - len(low)), low + b"\xff" * (16 - len(low))),)


def _packed(address: IPv4Address | IPv6Address) -> bytes:
    return _MAPPED + address.packed if isinstance(address, IPv4Address) else address.packed


def _address(packed: bytes) -> IPv4Address | IPv6Address:
    return IPv4Address(packed[12:]) if packed.startswith(_MAPPED) else IPv6Address(packed)
