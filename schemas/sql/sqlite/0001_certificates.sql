-- SPDX-License-Identifier: Apache-2.0
-- Certificates and revocations; schemas/sql/README.md explains every column.
-- Hashes are SHA-256, times are seconds since the epoch (UTC), flags are 0 or 1.

CREATE TABLE schema_migrations (
    version BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at BIGINT NOT NULL
);

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE template_versions (
    id INTEGER PRIMARY KEY,
    content_hash BLOB NOT NULL CHECK (length(content_hash) = 32),
    name TEXT NOT NULL,
    oid TEXT NOT NULL,
    major BIGINT NOT NULL,
    minor BIGINT NOT NULL,
    UNIQUE (content_hash, name, oid, major, minor)
);

CREATE TABLE bundles (
    id INTEGER PRIMARY KEY,
    bundle_hash BLOB NOT NULL UNIQUE CHECK (length(bundle_hash) = 32),
    stored_at BIGINT,
    content BLOB
);

CREATE TABLE certificates (
    id INTEGER PRIMARY KEY,
    serial BLOB NOT NULL UNIQUE CHECK (length(serial) = 16),
    ca TEXT NOT NULL,
    node BIGINT NOT NULL,
    journal_seq BIGINT NOT NULL,
    request BIGINT,
    operation BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    account TEXT NOT NULL,
    principal TEXT NOT NULL,
    template TEXT NOT NULL,
    template_version BIGINT REFERENCES template_versions (id),
    bundle BIGINT REFERENCES bundles (id),
    crl_generation BIGINT NOT NULL,
    crl_shard BIGINT NOT NULL,
    key_hash BLOB NOT NULL CHECK (length(key_hash) = 32),
    subject TEXT NOT NULL,
    san TEXT NOT NULL,
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    issued_at BIGINT NOT NULL,
    status BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    renews BLOB,
    superseded_by BLOB
);

-- One index answers: what an account holds, how many it got lately, its newest of a template.
CREATE INDEX certificates_account ON certificates (account, not_after, template, issued_at);
CREATE INDEX certificates_expiry ON certificates (not_after);
CREATE INDEX certificates_key ON certificates (key_hash, account);
CREATE INDEX certificates_request ON certificates (request) WHERE request IS NOT NULL;
CREATE INDEX certificates_undelivered ON certificates (delivered, status)
    WHERE delivered = 0 AND status < 3;

-- Apart from the row that is searched and counted, which stays small.
CREATE TABLE certificate_der (
    certificate INTEGER PRIMARY KEY REFERENCES certificates (id),
    der BLOB NOT NULL
);

CREATE TABLE certificate_names (
    kind BIGINT NOT NULL,
    name TEXT NOT NULL,
    not_after BIGINT NOT NULL,
    certificate BIGINT NOT NULL REFERENCES certificates (id),
    PRIMARY KEY (kind, name, not_after, certificate)
) WITHOUT ROWID;

-- Streamed in the order of its key into a CRL. No row is ever deleted.
CREATE TABLE revocations (
    ca TEXT NOT NULL,
    crl_generation BIGINT NOT NULL,
    crl_shard BIGINT NOT NULL,
    serial BLOB NOT NULL REFERENCES certificates (serial),
    state BIGINT NOT NULL,
    reason BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    PRIMARY KEY (ca, crl_generation, crl_shard, serial)
) WITHOUT ROWID;

CREATE TABLE revocation_events (
    id INTEGER PRIMARY KEY,
    serial BLOB NOT NULL REFERENCES certificates (serial),
    event BIGINT NOT NULL,
    reason BIGINT NOT NULL,
    happened_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    note TEXT NOT NULL,
    node BIGINT NOT NULL,
    journal_seq BIGINT NOT NULL
);
CREATE UNIQUE INDEX revocation_events_serial
    ON revocation_events (serial, node, journal_seq);

CREATE TABLE burnt_keys (
    key_hash BLOB NOT NULL PRIMARY KEY CHECK (length(key_hash) = 32),
    serial BLOB NOT NULL,
    burnt_at BIGINT NOT NULL
);
