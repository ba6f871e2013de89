"""The first schema: tables, indexes, counting tables with their triggers, and the search index.

Written out rather than made from ``data.models``, which will have moved on when this runs again. A test holds both
together. There is no way back down: the copy made before every migration is the way back.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    """
    CREATE TABLE store (
        id INTEGER NOT NULL PRIMARY KEY,
        domain VARCHAR(255) NOT NULL,
        name VARCHAR(255) NOT NULL,
        currency VARCHAR(3) NOT NULL,
        timer_minutes INTEGER NOT NULL,
        max_renewals INTEGER NOT NULL,
        revision BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        UNIQUE (domain)
    )
    """,
    """
    CREATE TABLE api_key (
        id INTEGER NOT NULL PRIMARY KEY,
        store_id INTEGER NOT NULL REFERENCES store (id),
        digest VARCHAR(64) NOT NULL,
        hint VARCHAR(4) NOT NULL,
        created_at BIGINT NOT NULL,
        UNIQUE (digest)
    )
    """,
    """
    CREATE TABLE session (
        id INTEGER NOT NULL PRIMARY KEY,
        store_id INTEGER NOT NULL REFERENCES store (id),
        cart_token VARCHAR(255) NOT NULL,
        status VARCHAR(20) NOT NULL,
        risk_level VARCHAR(20) NOT NULL,
        risk_score INTEGER,
        assessed_level VARCHAR(20) NOT NULL,
        decision VARCHAR(20),
        started_at BIGINT NOT NULL,
        expires_at BIGINT,
        last_activity_at BIGINT NOT NULL,
        cart_at BIGINT,
        ended_at BIGINT,
        end_reason VARCHAR(255),
        currency VARCHAR(3) NOT NULL,
        value BIGINT NOT NULL,
        item_count BIGINT NOT NULL,
        product_count INTEGER NOT NULL,
        cart_updates INTEGER NOT NULL,
        renewals INTEGER NOT NULL,
        max_renewals INTEGER NOT NULL,
        manual_extends INTEGER NOT NULL,
        ip BLOB,
        country VARCHAR(2),
        user_agent VARCHAR(1024),
        device VARCHAR(10) NOT NULL,
        accept_language VARCHAR(255),
        device_id VARCHAR(255),
        checkout_token VARCHAR(255),
        order_id VARCHAR(255),
        UNIQUE (store_id, cart_token)
    )
    """,
    """
    CREATE TABLE line_item (
        id INTEGER NOT NULL PRIMARY KEY,
        store_id INTEGER NOT NULL REFERENCES store (id),
        session_id BIGINT NOT NULL REFERENCES session (id),
        position INTEGER NOT NULL,
        product_id VARCHAR(255),
        variant_id VARCHAR(255),
        title VARCHAR(500) NOT NULL,
        variant_title VARCHAR(500),
        sku VARCHAR(255),
        quantity BIGINT NOT NULL,
        unit_price BIGINT NOT NULL
    )
    """,
    """
    CREATE TABLE event (
        id INTEGER NOT NULL PRIMARY KEY,
        store_id INTEGER NOT NULL REFERENCES store (id),
        session_id BIGINT NOT NULL REFERENCES session (id),
        kind VARCHAR(20) NOT NULL,
        occurred_at BIGINT NOT NULL,
        received_at BIGINT NOT NULL,
        source VARCHAR(20) NOT NULL,
        source_id VARCHAR(255),
        applied BOOLEAN NOT NULL,
        changes TEXT,
        note VARCHAR(500),
        raw TEXT,
        UNIQUE (store_id, source_id)
    )
    """,
    """
    CREATE TABLE risk_assessment (
        id INTEGER NOT NULL PRIMARY KEY,
        store_id INTEGER NOT NULL REFERENCES store (id),
        session_id BIGINT NOT NULL REFERENCES session (id),
        assessed_at BIGINT NOT NULL,
        score INTEGER NOT NULL,
        level VARCHAR(20) NOT NULL,
        model_version VARCHAR(50) NOT NULL,
        reasons TEXT NOT NULL,
        unknown TEXT NOT NULL
    )
    """,
)

_INDEXES = (
    "CREATE INDEX ix_api_key_store_id ON api_key (store_id)",
    "CREATE INDEX ix_line_item_session_id ON line_item (session_id)",
    "CREATE INDEX event_of_session ON event (session_id, occurred_at)",
    "CREATE INDEX ix_risk_assessment_session_id ON risk_assessment (session_id)",
    "CREATE INDEX ix_session_store_id ON session (store_id)",
    "CREATE INDEX session_by_status ON session (store_id, status)",
    "CREATE INDEX session_by_risk ON session (store_id, risk_level)",
    "CREATE INDEX session_by_status_risk ON session (store_id, status, risk_level)",
    "CREATE INDEX session_by_country ON session (store_id, country)",
    "CREATE INDEX session_by_ip ON session (store_id, ip)",
    "CREATE INDEX session_by_value ON session (store_id, value, id, status, risk_level)",
    "CREATE INDEX session_by_score ON session (store_id, risk_score, id, status, risk_level)",
    "CREATE INDEX session_by_left ON session (store_id, expires_at) WHERE status = 'active'",
    "CREATE INDEX session_to_expire ON session (expires_at) WHERE status = 'active'",
)

# session_tally counts sessions exactly. session_rank counts them by stretches of the list of 2^44 ids, that is 2^24 ms
# or 4.7 hours of start times, so that a far row is found by adding up stretches instead of passing over every row.
_COUNTS = (
    """
    CREATE TABLE session_tally (
        store_id INTEGER NOT NULL,
        status VARCHAR(20) NOT NULL,
        risk_level VARCHAR(20) NOT NULL,
        n INTEGER NOT NULL,
        PRIMARY KEY (store_id, status, risk_level)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE session_rank (
        store_id INTEGER NOT NULL,
        bucket INTEGER NOT NULL,
        status VARCHAR(20) NOT NULL,
        risk_level VARCHAR(20) NOT NULL,
        n INTEGER NOT NULL,
        PRIMARY KEY (store_id, bucket, status, risk_level)
    ) WITHOUT ROWID
    """,
)


def _count(row: str, step: str) -> str:
    """Statements that add ``step`` (+1 or -1) to the counts of ``row`` (new or old), for the body of a trigger."""
    return f"""
        INSERT INTO session_tally (store_id, status, risk_level, n)
        VALUES ({row}.store_id, {row}.status, {row}.risk_level, {step})
        ON CONFLICT (store_id, status, risk_level) DO UPDATE SET n = n + {step};
        INSERT INTO session_rank (store_id, bucket, status, risk_level, n)
        VALUES ({row}.store_id, {row}.id >> 44, {row}.status, {row}.risk_level, {step})
        ON CONFLICT (store_id, bucket, status, risk_level) DO UPDATE SET n = n + {step};
    """  # noqa: S608  # the two words put in are written below, in this file


_TRIGGERS = (
    f"CREATE TRIGGER session_counted AFTER INSERT ON session BEGIN {_count('new', '+1')} END",
    f"CREATE TRIGGER session_uncounted AFTER DELETE ON session BEGIN {_count('old', '-1')} END",
    f"""
    CREATE TRIGGER session_recounted AFTER UPDATE OF id, store_id, status, risk_level ON session
    WHEN (new.id, new.store_id, new.status, new.risk_level) IS NOT (old.id, old.store_id, old.status, old.risk_level)
    BEGIN {_count("old", "-1")} {_count("new", "+1")} END
    """,
)

# Any part of a cart token of three or more characters. Positions and lengths are not kept (detail, columnsize): they
# would double the index, and a found token is looked at again anyway. A token never changes, so updates are no matter.
_SEARCH = (
    """
    CREATE VIRTUAL TABLE session_search USING fts5(
        cart_token, content='session', content_rowid='id', tokenize='trigram', detail='none', columnsize=0
    )
    """,
    """
    CREATE TRIGGER session_searchable AFTER INSERT ON session BEGIN
        INSERT INTO session_search (rowid, cart_token) VALUES (new.id, new.cart_token);
    END
    """,
    """
    CREATE TRIGGER session_unsearchable AFTER DELETE ON session BEGIN
        INSERT INTO session_search (session_search, rowid, cart_token) VALUES ('delete', old.id, old.cart_token);
    END
    """,
)


def upgrade() -> None:
    """Create everything."""
    for statement in (*_TABLES, *_INDEXES, *_COUNTS, *_TRIGGERS, *_SEARCH):
        op.execute(statement)
