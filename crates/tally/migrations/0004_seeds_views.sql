-- The tables of the first design (its documents call them vote_results, vote_audit, ...), as views of
-- that design's names and types: SQL that was written for it runs word for word where the search path
-- begins with `seeds`, as in postgres://auditor@host/scrutin?options=-csearch_path%3Dseeds,public
-- Read only, and nothing new: each view shows rows of one table of migration 1.
CREATE SCHEMA seeds;

-- A credential's digest in hexadecimal. The first design kept all 32 bytes of it, Scrutin keeps 16: a
-- digest is found by its whole hexadecimal text as well as by the half that is kept.
CREATE DOMAIN seeds.vote_hash AS varchar(64)
    CHECK (VALUE = '' OR VALUE ~ '^[0-9a-fA-F]{32}([0-9a-fA-F]{32})?$');

CREATE FUNCTION seeds.same_hash(seeds.vote_hash, seeds.vote_hash) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT lower(left($1::text, 32)) = lower(left($2::text, 32)) $$;

CREATE OPERATOR seeds.= (
    LEFTARG = seeds.vote_hash, RIGHTARG = seeds.vote_hash, FUNCTION = seeds.same_hash, COMMUTATOR = OPERATOR(seeds.=)
);

CREATE VIEW seeds.vote_results AS
SELECT law_id::varchar(50) AS law_id, oui_count, non_count,
       oui_count + non_count + blanc_count AS total_votes,
       (updated_at AT TIME ZONE 'UTC')::timestamp AS updated_at
FROM public.vote_results;

-- `vote` is always null: who voted and what was voted are kept apart, so no row can tell both.
CREATE VIEW seeds.vote_audit AS
SELECT row_number() OVER (ORDER BY vote_hash, law_id, status, reason) AS id,
       encode(vote_hash, 'hex')::seeds.vote_hash AS vote_hash,
       law_id::varchar(50) AS law_id,
       NULL::varchar(3) AS vote,
       status::varchar(20) AS status,
       ("timestamp" AT TIME ZONE 'UTC')::timestamp AS "timestamp"
FROM public.vote_audit;

CREATE VIEW seeds.duplicate_attempts AS
SELECT encode(vote_hash, 'hex')::seeds.vote_hash AS vote_hash,
       least(attempt_count, 2147483647)::integer AS attempt_count,
       (first_attempt AT TIME ZONE 'UTC')::timestamp AS first_attempt,
       (last_attempt AT TIME ZONE 'UTC')::timestamp AS last_attempt
FROM public.duplicate_attempts;

CREATE VIEW seeds.elections AS
SELECT e.id, e.election_code, e.election_name, 'regional'::text AS election_type,
       (e.start_datetime AT TIME ZONE 'UTC')::timestamp AS start_datetime,
       (e.end_datetime AT TIME ZONE 'UTC')::timestamp AS end_datetime,
       e.voting_method,
       CASE s.status WHEN 'scheduled' THEN 'draft' ELSE s.status END AS status
FROM public.elections e JOIN public.election_status s USING (id);

CREATE VIEW seeds.candidates AS
SELECT id, election_id, region_id, party_code, first_name, last_name, NULL::text AS bio, status
FROM public.candidates;

CREATE VIEW seeds.election_results AS
SELECT r.election_id, r.region_id, r.candidate_id, r.votes AS vote_count,
       round(100.0 * r.votes / NULLIF(sum(r.votes) OVER (PARTITION BY r.election_id, r.region_id), 0), 2)
           AS percentage,
       (r.updated_at AT TIME ZONE 'UTC')::timestamp AS updated_at
FROM public.election_results r;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'scrutin_reader') THEN
        GRANT USAGE ON SCHEMA seeds TO scrutin_reader;
        GRANT SELECT ON seeds.vote_results, seeds.elections, seeds.candidates, seeds.election_results
            TO scrutin_reader;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'scrutin_auditor') THEN
        GRANT USAGE ON SCHEMA seeds TO scrutin_auditor;
        GRANT SELECT ON seeds.vote_audit, seeds.duplicate_attempts, seeds.elections TO scrutin_auditor;
    END IF;
END
$$;
