"""Names of hosts, as web addresses have them: labels of letters, digits and hyphens, joined by dots (RFC 1123, 2.1)."""

LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
"""The pattern of one label, in lower case."""

HOST = rf"{LABEL}(?:\.{LABEL})*"
"""The pattern of a name."""
