"""Real shops: connections, the inbox with what each topic received, privacy requests, and more settings of a store."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "ALTER TABLE store ADD COLUMN extension_minutes INTEGER DEFAULT 15 NOT NULL",
    "ALTER TABLE store ADD COLUMN ip_days INTEGER DEFAULT 30 NOT NULL",
    "ALTER TABLE store ADD COLUMN shortened_below BIGINT DEFAULT 0 NOT NULL",
    """
    CREATE TABLE connection (
        id INTEGER NOT NULL PRIMARY KEY,
        store_id INTEGER NOT NULL REFERENCES store (id),
        kind VARCHAR(20) NOT NULL,
        address VARCHAR(64) NOT NULL,
        shop VARCHAR(255),
        secret VARCHAR(255),
        former_secret VARCHAR(255),
        former_until BIGINT,
        created_at BIGINT NOT NULL,
        UNIQUE (store_id, kind),
        UNIQUE (address)
    )
    """,
    # The number of a delivery that was discarded is never given to another one: an old page may still name it.
    """
    CREATE TABLE delivery (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        store_id INTEGER NOT NULL REFERENCES store (id),
        source VARCHAR(20) NOT NULL,
        topic VARCHAR(50) NOT NULL,
        delivery_id VARCHAR(255),
        digest BLOB NOT NULL,
        triggered_at BIGINT,
        received_at BIGINT NOT NULL,
        state VARCHAR(20) NOT NULL,
        problem VARCHAR(500),
        waits_for VARCHAR(300),
        body BLOB,
        UNIQUE (store_id, source, delivery_id),
        UNIQUE (store_id, source, digest)
    )
    """,
    "CREATE INDEX delivery_to_apply ON delivery (id) WHERE state = 'waiting'",
    "CREATE INDEX delivery_unmatched ON delivery (store_id, waits_for) WHERE state = 'unmatched'",
    "CREATE INDEX delivery_in_quarantine ON delivery (store_id, id) WHERE state = 'quarantined'",
    "CREATE INDEX delivery_by_age ON delivery (received_at)",
    """
    CREATE TABLE intake (
        store_id INTEGER NOT NULL REFERENCES store (id),
        source VARCHAR(20) NOT NULL,
        topic VARCHAR(50) NOT NULL,
        received INTEGER NOT NULL,
        repeated INTEGER NOT NULL,
        refused INTEGER NOT NULL,
        last_at BIGINT,
        last_refused_at BIGINT,
        PRIMARY KEY (store_id, source, topic)
    )
    """,
    """
    CREATE TABLE privacy_request (
        id INTEGER NOT NULL PRIMARY KEY,
        store_id INTEGER NOT NULL REFERENCES store (id),
        kind VARCHAR(20) NOT NULL,
        received_at BIGINT NOT NULL,
        done_at BIGINT,
        subject TEXT,
        sessions INTEGER NOT NULL
    )
    """,
    "CREATE INDEX ix_privacy_request_store_id ON privacy_request (store_id)",
    "CREATE INDEX session_by_order ON session (store_id, order_id) WHERE order_id IS NOT NULL",
    "CREATE INDEX session_by_checkout ON session (store_id, checkout_token) WHERE checkout_token IS NOT NULL",
    # A token changes only when it is erased; then nobody may find it any more.
    """
    CREATE TRIGGER session_searchable_again AFTER UPDATE OF cart_token ON session BEGIN
        INSERT INTO session_search (session_search, rowid, cart_token) VALUES ('delete', old.id, old.cart_token);
        INSERT INTO session_search (rowid, cart_token) VALUES (new.id, new.cart_token);
    END
    """,
)


def upgrade() -> None:
    """Create everything."""
    for statement in _STATEMENTS:
        op.execute(statement)
