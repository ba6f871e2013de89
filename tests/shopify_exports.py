"""Shopify's two exports for tests: their columns, and rows of them."""

ORDERS = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Total,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price,Lineitem compare at price,Lineitem sku,Billing Name,Shipping Street,Notes,Cancelled at,Id,Source,"
    "Phone"
).split(",")
CHECKOUTS = (
    "Id,Name,Email,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Recovery Status,"
    "Abandoned Checkout URL,Phone"
).split(",")

Row = dict[str, str]

FIRST: Row = {
    "Name": "#1001",
    "Id": "5550000000001",
    "Created at": "2026-02-20 10:00:00 +0000",
    "Currency": "EUR",
    "Source": "web",
    "Lineitem name": "Canvas bag - Blue",
    "Lineitem sku": "BAG-1",
    "Lineitem quantity": "2",
    "Lineitem price": "49.95",
}

PEOPLE: Row = {
    "Email": "ada@example.com",
    "Billing Name": "Ada Example",
    "Shipping Street": "Fictional Lane 1",
    "Notes": "Ring twice",
    "Phone": "+44 20 7946 0000",
}


def first(number: int, **changed: str) -> Row:
    """The first row of the order (or checkout) of that number; ``Created_at`` for ``Created at``, and so on."""
    changes = {name.replace("_", " "): cell for name, cell in changed.items()}
    return FIRST | {"Name": f"#{number}", "Id": f"555000000{number}"} | changes


def further(name: str, **known: str) -> Row:
    """A further row of an order: one more mug."""
    return {"Name": name, "Lineitem name": "Mug", "Lineitem quantity": "1", "Lineitem price": "12.00"} | known


def export(columns: list[str], *rows: Row | str) -> bytes:
    """The file of these rows; a text is a line as it is. No cell may need quotes."""
    lines = [row if isinstance(row, str) else ",".join(row.get(name, "") for name in columns) for row in rows]
    return "\n".join([",".join(columns), *lines]).encode()
