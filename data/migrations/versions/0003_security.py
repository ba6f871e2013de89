"""Security: scores along the timeline, signals, rules and their audit, notices for the shop, labels, learned models."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "ALTER TABLE store ADD COLUMN review_capacity INTEGER DEFAULT 20 NOT NULL",
    "ALTER TABLE session ADD COLUMN rule_id INTEGER",
    "ALTER TABLE session ADD COLUMN former_rule_id INTEGER",
    # What was thought of the session after this event; history, so never changed by a later score.
    "ALTER TABLE event ADD COLUMN score INTEGER",
    "ALTER TABLE event ADD COLUMN log_odds FLOAT",
    "ALTER TABLE event ADD COLUMN model_version VARCHAR(50)",
    """
    CREATE TABLE session_risk (
        session_id INTEGER NOT NULL PRIMARY KEY REFERENCES session (id),
        store_id INTEGER NOT NULL REFERENCES store (id),
        assessed_at BIGINT NOT NULL,
        model_version VARCHAR(50) NOT NULL,
        log_odds FLOAT NOT NULL,
        score INTEGER NOT NULL,
        review_at FLOAT,
        monitored_at FLOAT,
        sampled FLOAT,
        shadow_log_odds FLOAT,
        readings TEXT NOT NULL,
        memory TEXT,
        taken_back TEXT
    )
    """,
    "CREATE INDEX session_risk_of_store ON session_risk (store_id, session_id)",
    "CREATE INDEX session_sampled ON session_risk (store_id, session_id) WHERE sampled IS NOT NULL",
    "CREATE INDEX session_taken_back ON session_risk (store_id, session_id) WHERE taken_back IS NOT NULL",
    # The number of a rule is never given to another one: the audit names it.
    """
    CREATE TABLE rule (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        store_id INTEGER NOT NULL REFERENCES store (id),
        decision VARCHAR(20) NOT NULL,
        target VARCHAR(20) NOT NULL,
        value VARCHAR(255) NOT NULL,
        low BLOB,
        high BLOB,
        rank INTEGER NOT NULL,
        reason VARCHAR(500) NOT NULL,
        actor VARCHAR(100) NOT NULL,
        created_at BIGINT NOT NULL,
        until BIGINT,
        ended_at BIGINT,
        ending VARCHAR(20),
        end_reason VARCHAR(500),
        replaces INTEGER,
        pending BOOLEAN DEFAULT 0 NOT NULL
    )
    """,
    "CREATE INDEX rule_in_force ON rule (store_id, id) WHERE ended_at IS NULL",
    "CREATE INDEX rule_by_value ON rule (store_id, value)",
    "CREATE INDEX rule_ended ON rule (store_id, ended_at) WHERE ended_at IS NOT NULL",
    "CREATE UNIQUE INDEX rule_of_value ON rule (store_id, target, value) WHERE ended_at IS NULL",
    "CREATE INDEX rule_to_lapse ON rule (until) WHERE ended_at IS NULL AND until IS NOT NULL",
    "CREATE INDEX rule_pending ON rule (id) WHERE pending = 1",
    # What was decided before there were rules is a rule about the session, with the reason that its timeline tells.
    """
    INSERT INTO rule (store_id, decision, target, value, rank, reason, actor, created_at)
    SELECT store_id, decision, 'session', cart_token, 0,
        coalesce((
            SELECT json_extract(changes, '$.reason') FROM event
            WHERE session_id = session.id AND kind IN ('restricted', 'cleared') ORDER BY id DESC LIMIT 1
        ), ''),
        'merchant',
        coalesce((
            SELECT max(occurred_at) FROM event WHERE session_id = session.id AND kind IN ('restricted', 'cleared')
        ), last_activity_at)
    FROM session WHERE decision IS NOT NULL ORDER BY id
    """,
    """
    UPDATE session SET rule_id = (
        SELECT id FROM rule WHERE store_id = session.store_id AND target = 'session' AND value = session.cart_token
    ) WHERE decision IS NOT NULL
    """,
    "CREATE INDEX session_by_rule ON session (rule_id) WHERE rule_id IS NOT NULL",
    "CREATE INDEX session_by_former_rule ON session (former_rule_id) WHERE former_rule_id IS NOT NULL",
    "CREATE INDEX session_by_device ON session (store_id, device_id) WHERE device_id IS NOT NULL",
    "CREATE INDEX session_by_kind ON session (store_id, device)",
    "CREATE INDEX line_by_variant ON line_item (store_id, variant_id, session_id) WHERE variant_id IS NOT NULL",
    """
    CREATE TABLE audit (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        store_id INTEGER NOT NULL REFERENCES store (id),
        at BIGINT NOT NULL,
        actor VARCHAR(100) NOT NULL,
        action VARCHAR(30) NOT NULL,
        target VARCHAR(20),
        value VARCHAR(255),
        reason VARCHAR(500),
        rule_id INTEGER,
        before TEXT,
        after TEXT
    )
    """,
    "CREATE INDEX audit_of_store ON audit (store_id, id)",
    "CREATE INDEX audit_of_value ON audit (store_id, value) WHERE value IS NOT NULL",
    # Append-only: nobody takes a line out or rewrites it. A shopper's right to be erased is all that may empty one.
    """
    CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN
        SELECT RAISE(ABORT, 'the audit is append-only');
    END
    """,
    # REPLACE takes a line out without asking the trigger above (https://www.sqlite.org/lang_conflict.html).
    """
    CREATE TRIGGER audit_is_new BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = new.id) BEGIN
        SELECT RAISE(ABORT, 'the audit is append-only');
    END
    """,
    """
    CREATE TRIGGER audit_as_written BEFORE UPDATE ON audit
    WHEN old.id IS NOT new.id OR old.store_id IS NOT new.store_id OR old.at IS NOT new.at
        OR old.actor IS NOT new.actor OR old.action IS NOT new.action OR old.target IS NOT new.target
        OR old.rule_id IS NOT new.rule_id
        OR (new.value IS NOT NULL AND old.value IS NOT new.value)
        OR (new.reason IS NOT NULL AND old.reason IS NOT new.reason)
        OR (new.before IS NOT NULL AND old.before IS NOT new.before)
        OR (new.after IS NOT NULL AND old.after IS NOT new.after)
    BEGIN
        SELECT RAISE(ABORT, 'the audit is append-only');
    END
    """,
    """
    CREATE TABLE notice_address (
        store_id INTEGER NOT NULL PRIMARY KEY REFERENCES store (id),
        url VARCHAR(1000) NOT NULL,
        secret VARCHAR(255) NOT NULL,
        created_at BIGINT NOT NULL,
        sent_at BIGINT,
        failed_at BIGINT,
        problem VARCHAR(500)
    )
    """,
    """
    CREATE TABLE notice (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        store_id INTEGER NOT NULL REFERENCES store (id),
        session_id BIGINT REFERENCES session (id),
        created_at BIGINT NOT NULL,
        due_at BIGINT NOT NULL,
        attempts INTEGER NOT NULL,
        body TEXT NOT NULL
    )
    """,
    "CREATE INDEX notice_due ON notice (due_at)",
    "CREATE INDEX notice_of_session ON notice (session_id)",
    """
    CREATE TABLE risk_label (
        id INTEGER NOT NULL PRIMARY KEY,
        store_id INTEGER NOT NULL REFERENCES store (id),
        session_id BIGINT NOT NULL REFERENCES session (id),
        source VARCHAR(20) NOT NULL,
        bad BOOLEAN NOT NULL,
        probability FLOAT NOT NULL,
        labelled_at BIGINT NOT NULL,
        UNIQUE (session_id, source)
    )
    """,
    "CREATE INDEX risk_label_of_store ON risk_label (store_id, session_id)",
    """
    CREATE TABLE risk_model (
        id INTEGER NOT NULL PRIMARY KEY,
        store_id INTEGER NOT NULL REFERENCES store (id),
        version VARCHAR(50) NOT NULL,
        state VARCHAR(20) NOT NULL,
        created_at BIGINT NOT NULL,
        document TEXT NOT NULL,
        report TEXT NOT NULL,
        UNIQUE (store_id, version)
    )
    """,
    "CREATE UNIQUE INDEX risk_model_active ON risk_model (store_id) WHERE state = 'active'",
    "CREATE UNIQUE INDEX risk_model_shadow ON risk_model (store_id) WHERE state = 'shadow'",
)


def upgrade() -> None:
    """Create everything."""
    for statement in _STATEMENTS:
        op.execute(statement)
