"""Where Cartwatch sends something of its own accord, and where it never does."""

import pytest

from data.destinations import LONGEST, MOST_TRIED, DestinationProblem, LookUp, destination, look_up, resolve


def leading_to(*addresses: str) -> LookUp:
    """A resolver that knows one answer."""

    async def asking(_host: str, _port: int) -> list[str]:
        return list(addresses)

    return asking


@pytest.mark.parametrize(
    ("typed", "url", "host", "port"),
    [
        (" https://shop.example ", "https://shop.example/", "shop.example", 443),
        ("HTTPS://Shop.Example:8443/A?b=C", "https://shop.example:8443/A?b=C", "shop.example", 8443),
        ("https://shop.example./x", "https://shop.example/x", "shop.example", 443),
        ("https://[2606:4700::1111]/x", "https://[2606:4700::1111]/x", "2606:4700::1111", 443),
        ("http://localhost:9000/x", "http://localhost:9000/x", "localhost", 9000),
        ("http://127.0.0.1/x", "http://127.0.0.1/x", "127.0.0.1", 80),
        ("http://[::1]:1/", "http://[::1]:1/", "::1", 1),
    ],
)
def test_an_address_is_kept_as_it_is_asked_for(typed: str, url: str, host: str, port: int) -> None:
    found = destination(typed)
    assert (found.url, found.host, found.port) == (url, host, port)
    assert destination(found.url) == found


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "is not an address"),
        ("shop.example", "is not an address"),
        ("ftp://shop.example/", "is not an address"),
        ("javascript:alert(1)", "is not an address"),
        ("https://", "is not an address"),
        ("https://shop.example:99999/", "is not an address"),
        ("https://[fe80::1%25eth0]/", "is not an address"),
        ("https://[::1/", "is not an address"),
        ("https://shop_example/", "is not an address"),
        ("https://shop.example/a b", "no spaces"),
        ("https://shop.example/a\r\nHost: evil", "ASCII"),
        ("https://sh\u00f6p.example/", "ASCII"),
        ("https://name:word@shop.example/", "name and password"),
        ("https://shop.example/#there", "after #"),
        ("http://shop.example/", "must begin with https"),
        ("http://10.0.0.1/", "must begin with https"),
        ("https://shop.example/" + "x" * LONGEST, "more than"),
    ],
)
def test_what_is_no_address_to_send_to_is_refused_in_words(typed: str, words: str) -> None:
    with pytest.raises(DestinationProblem, match=words):
        destination(typed)


@pytest.mark.parametrize(
    "address",
    [
        *("10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "100.100.100.200", "169.254.169.254", "0.1.2.3"),
        *("224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "168.63.129.16"),
        *("fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "::", "2001:db8::1", "2001::1"),
        *("::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a00:1::1", "::a00:1"),
    ],
)
@pytest.mark.parametrize("beside", [(), ("8.8.8.8",)])
async def test_nothing_is_sent_off_the_public_internet(address: str, beside: tuple[str, ...]) -> None:
    for found in ((address, *beside), (*beside, address)):
        with pytest.raises(DestinationProblem, match="public internet"):
            await resolve(destination("https://shop.example/"), loopback=True, asking=leading_to(*found))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:7f00:1"])
async def test_this_machine_is_asked_only_by_a_console_that_nobody_else_reaches(address: str) -> None:
    to, asking = destination("https://shop.example/"), leading_to(address)
    assert await resolve(to, loopback=True, asking=asking) == (address,)
    with pytest.raises(DestinationProblem, match="this machine itself"):
        await resolve(to, loopback=False, asking=asking)


async def test_what_goes_unencrypted_never_leaves_the_machine() -> None:
    to = destination("http://localhost:9000/")
    assert set(await resolve(to, loopback=True)) <= {"127.0.0.1", "::1"}
    with pytest.raises(DestinationProblem, match="http is allowed only on it"):
        await resolve(to, loopback=True, asking=leading_to("8.8.8.8"))


async def test_public_addresses_are_all_tried_up_to_a_limit() -> None:
    to = destination("https://shop.example/")
    known = ["8.8.8.8", "2606:4700::1111", "8.8.8.8", *(f"9.9.9.{n}" for n in range(9))]
    found = await resolve(to, loopback=False, asking=leading_to(*known))
    assert found == ("8.8.8.8", "2606:4700::1111", "9.9.9.0", "9.9.9.1")
    assert len(found) == MOST_TRIED


async def test_a_name_that_leads_nowhere_is_told() -> None:
    to = destination("https://nowhere.invalid/")
    for asking in (look_up, leading_to(), leading_to("nonsense")):
        with pytest.raises(DestinationProblem, match=r"nowhere\.invalid"):
            await resolve(to, loopback=True, asking=asking)


async def test_numbers_that_mean_an_address_are_looked_through() -> None:
    with pytest.raises(DestinationProblem, match=r"this machine itself|cannot be found"):
        await resolve(destination("https://2130706433/"), loopback=False)
