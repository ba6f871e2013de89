"""The state of a store's connection to Shopify: a badge, and what to do about it."""

from typing import Final

from data.connection_state import ConnectionState
from ui.badge import Look, badge
from ui.language import Language
from ui.text import Text
from ui.tones import Tone

LOOKS: Final[dict[ConnectionState, Look]] = {
    ConnectionState.ABSENT: Look(Tone.NEUTRAL, "cancelled"),
    ConnectionState.UNSIGNED: Look(Tone.ATTENTION, "warning"),
    ConnectionState.UNREACHED: Look(Tone.ATTENTION, "warning"),
    ConnectionState.WAITING: Look(Tone.INFO, "active"),
    ConnectionState.RECEIVING: Look(Tone.SUCCESS, "converted"),
    ConnectionState.REFUSING: Look(Tone.CRITICAL, "warning"),
}


def connection_badge(state: ConnectionState, language: Language) -> None:
    """Render the state as a badge."""
    words = {
        ConnectionState.ABSENT: language.text("Not connected"),
        ConnectionState.UNSIGNED: language.text("Secret missing"),
        ConnectionState.UNREACHED: language.text("Not reachable yet"),
        ConnectionState.WAITING: language.text("Waiting for the first delivery"),
        ConnectionState.RECEIVING: language.text("Receiving"),
        ConnectionState.REFUSING: language.text("Refused deliveries lately"),
    }
    badge(LOOKS[state], words[state])


def connection_advice(state: ConnectionState, language: Language) -> None:
    """What to do where deliveries are not taken; nothing where they are."""
    if state is ConnectionState.REFUSING:
        Text(
            language.text(
                "Check the secret and the shop's domain: what arrived last was signed otherwise, or by another shop. "
                "Shopify tries again for four hours; nothing is lost when this is put right until then."
            ),
            "p",
        ).classes("cw-note cw-tone-critical")
    elif state is ConnectionState.UNSIGNED:
        Text(
            language.text("Nothing is taken until the secret is entered: there is nothing to check signatures by."), "p"
        ).classes("cw-note cw-tone-attention")
