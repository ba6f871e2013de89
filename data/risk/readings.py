"""The names of what is read of a session at an event, in the order in which readings are stored."""

Reading = float | int | str | None
"""A value; None where it is not known."""

SIGNALS = (
    "ip_minute",
    "ip_hour",
    "ip_day",
    "network_minute",
    "network_hour",
    "network_day",
    "device_minute",
    "device_hour",
    "device_day",
    "device_addresses",
    "ip_agents",
    "ip_conversion",
    "network_conversion",
    "device_conversion",
    "ip_none_bought",
    "network_none_bought",
    "network_rotated",
    "device_none_bought",
    "held_again",
    "renewals",
    "hold_time",
    "extensions",
    "stock_share",
    "quantity",
    "first_add",
    "regularity",
    "since_release",
    "agent",
    "hosting",
    "country",
    "cancels",
    "declined",
    "restricted_before",
    "cleared_before",
    "checkout",
    "cart_changes",
)
"""What is weighed: each has its bins and weights in the model."""

FIGURES = (
    "ip_bought",
    "ip_over",
    "network_bought",
    "network_over",
    "device_bought",
    "device_over",
    "usual_conversion",
    "renewals_made",
    "usual_renewals",
    "extensions_made",
    "units_of_one",
    "usual_units",
    "share_units",
    "share_of",
    "host",
    "address_country",
    "country_said",
)
"""What only stands in sentences."""

READINGS = SIGNALS + FIGURES
