-- What the ledger says, for people who ask in SQL. Every row here is derived: drop the database,
-- replay the ledger, and the same rows come back.
--
-- Two kinds of tables, never joined by any column, visible or system:
--   who  : vote_audit, duplicate_attempts, turnout   (no choice)
--   what : vote_results, election_results, ranking_counts   (no credential)
-- docs/secrecy.md says why row order, xmin, serials and times do not join them either.

-- One row: which ledger this database follows.
CREATE TABLE ledger_origin (
    only_row        boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    event_id        varchar(32) NOT NULL,
    manifest_sha256 bytea       NOT NULL CHECK (octet_length(manifest_sha256) = 32),
    -- false: written without the mask key, so the tables of what was voted stay empty.
    opened          boolean     NOT NULL
);

-- Where the database stands in each partition's chain.
CREATE TABLE ledger_cursor (
    partition integer PRIMARY KEY,
    seq       bigint  NOT NULL CHECK (seq >= 0),
    hash      bytea   NOT NULL CHECK (octet_length(hash) = 32)
);

-- Up to which frame the counts of one ballot in one region (0: a law, counted as a whole) stand in
-- the tables. Behind ledger_cursor while the ballot's results policy holds counts back.
CREATE TABLE result_steps (
    partition integer     NOT NULL REFERENCES ledger_cursor,
    ballot_id varchar(32) NOT NULL,
    region_id integer     NOT NULL,
    seq       bigint      NOT NULL CHECK (seq >= 0),
    PRIMARY KEY (partition, ballot_id, region_id)
);

CREATE TABLE laws (
    law_id         varchar(32) PRIMARY KEY,
    title_fr       text        NOT NULL,
    title_en       text        NOT NULL,
    start_datetime timestamptz NOT NULL,
    end_datetime   timestamptz NOT NULL
);

CREATE TABLE regions (
    id          integer PRIMARY KEY CHECK (id BETWEEN 1 AND 65535),
    region_code text    NOT NULL UNIQUE,
    name_fr     text    NOT NULL,
    name_en     text    NOT NULL
);

CREATE TABLE political_parties (
    party_code text PRIMARY KEY,
    name_fr    text NOT NULL,
    name_en    text NOT NULL,
    color      text NOT NULL
);

CREATE TABLE elections (
    id             bigint      PRIMARY KEY,
    election_code  varchar(32) NOT NULL UNIQUE,
    election_name  text        NOT NULL,
    election_name_en text      NOT NULL,
    voting_method  text        NOT NULL CHECK (voting_method IN ('single_choice', 'ranked_choice')),
    seats          integer     NOT NULL,
    start_datetime timestamptz NOT NULL,
    end_datetime   timestamptz NOT NULL
);

-- Status follows from the clock, so it is computed and cannot go stale.
CREATE VIEW election_status AS
SELECT id, election_code,
       CASE WHEN now() < start_datetime THEN 'scheduled'
            WHEN now() < end_datetime   THEN 'active'
            ELSE 'completed' END AS status
FROM elections;

CREATE TABLE candidates (
    election_id bigint  NOT NULL REFERENCES elections,
    id          bigint  NOT NULL,
    region_id   integer NOT NULL REFERENCES regions,
    party_code  text    REFERENCES political_parties,
    first_name  text    NOT NULL,
    last_name   text    NOT NULL,
    status      text    NOT NULL CHECK (status IN ('active', 'withdrawn')),
    list_order  integer NOT NULL,
    PRIMARY KEY (election_id, id)
);

CREATE TABLE vote_results (
    law_id      varchar(32) PRIMARY KEY REFERENCES laws,
    oui_count   bigint      NOT NULL DEFAULT 0 CHECK (oui_count >= 0),
    non_count   bigint      NOT NULL DEFAULT 0 CHECK (non_count >= 0),
    blanc_count bigint      NOT NULL DEFAULT 0 CHECK (blanc_count >= 0),
    updated_at  timestamptz NOT NULL
);

-- Single choice: votes. Ranked choice: first preferences; the whole rankings are in ranking_counts.
CREATE TABLE election_results (
    election_id  bigint      NOT NULL,
    region_id    integer     NOT NULL REFERENCES regions,
    candidate_id bigint      NOT NULL,
    votes        bigint      NOT NULL DEFAULT 0 CHECK (votes >= 0),
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (election_id, region_id, candidate_id),
    FOREIGN KEY (election_id, candidate_id) REFERENCES candidates
);

CREATE VIEW election_shares AS
SELECT r.election_id, r.region_id, r.candidate_id, c.first_name, c.last_name, c.party_code, r.votes,
       round(100.0 * r.votes / NULLIF(sum(r.votes) OVER (PARTITION BY r.election_id, r.region_id), 0), 2)
           AS percentage_of_region
FROM election_results r
JOIN candidates c ON (c.election_id, c.id) = (r.election_id, r.candidate_id);

CREATE TABLE ranking_counts (
    election_id bigint   NOT NULL REFERENCES elections,
    region_id   integer  NOT NULL REFERENCES regions,
    ranking     bigint[] NOT NULL,
    votes       bigint   NOT NULL CHECK (votes > 0),
    PRIMARY KEY (election_id, region_id, ranking)
);

-- One row a credential and status; `attempts` counts what the status says. `invalid` rows name no
-- credential (there is none on the roll): one row a ballot and reason.
CREATE TABLE vote_audit (
    vote_hash   bytea       NOT NULL CHECK (octet_length(vote_hash) IN (0, 16)),
    law_id      varchar(32) NOT NULL,
    status      text        NOT NULL CHECK (status IN ('accepted', 'duplicate', 'invalid')),
    reason      text        NOT NULL DEFAULT '',
    attempts    bigint      NOT NULL DEFAULT 1 CHECK (attempts > 0),
    -- Start of the hour: enough for turnout curves, too coarse to line up with anything else.
    "timestamp" timestamptz NOT NULL,
    PRIMARY KEY (vote_hash, law_id, status, reason)
);
COMMENT ON COLUMN vote_audit.vote_hash IS 'first 16 bytes of the credential digest; empty where status is invalid';
COMMENT ON COLUMN vote_audit.law_id IS 'ballot: law id or election code; empty where an invalid attempt named no known ballot';

CREATE TABLE duplicate_attempts (
    vote_hash     bytea       NOT NULL CHECK (octet_length(vote_hash) = 16),
    law_id        varchar(32) NOT NULL,
    -- All submissions of this credential, the accepted one included.
    attempt_count bigint      NOT NULL CHECK (attempt_count >= 2),
    first_attempt timestamptz NOT NULL,
    last_attempt  timestamptz NOT NULL,
    PRIMARY KEY (vote_hash, law_id)
);
COMMENT ON COLUMN duplicate_attempts.first_attempt IS 'first repeated submission: when the accepted one came is not told';

CREATE TABLE turnout (
    ballot_id varchar(32) NOT NULL,
    region_id integer     NOT NULL,
    hour      timestamptz NOT NULL,
    votes     bigint      NOT NULL CHECK (votes >= 0),
    PRIMARY KEY (ballot_id, region_id, hour)
);
