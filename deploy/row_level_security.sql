-- Rows of PostgreSQL that only their user may see, whatever statement is sent. Run it once, after tiermem made its
-- tables, as the role that owns them:
--
--     psql "$OWNER_URL" --set app=tiermem_app --file deploy/row_level_security.sql
--
-- A connection of the role `tiermem_app` then reads and writes what is one user's, who is said by three settings:
--
--     tiermem.tenant   the tenant, empty where there is none
--     tiermem.owner    the user
--     tiermem.key      hex, as `tiermem.storage.owners.key_of(Scope(tenant, user, "-")).hex()` says: counts of words and
--                      media are found by it
--
-- in the URL (…/db?options=-c%20tiermem.owner%3Dann%20…), or for a role each: ALTER ROLE ann SET tiermem.owner = 'ann'.
-- Who says nothing sees nothing. Whoever can send SET says who they are: where that is not to be trusted, replace the
-- three functions by ones that look `session_user` up in a table of yours.
--
-- What needs every row stays with the owner of the tables, whom no policy binds: a new version of tiermem, erasing,
-- importing a user, `verify` of a whole database, `tiermem doctor`, `migrate`.

CREATE OR REPLACE FUNCTION tiermem_tenant() RETURNS bytea STABLE LANGUAGE sql AS
$$ SELECT convert_to(coalesce(current_setting('tiermem.tenant', true), ''), 'UTF8') $$;
CREATE OR REPLACE FUNCTION tiermem_owner() RETURNS bytea STABLE LANGUAGE sql AS
$$ SELECT convert_to(nullif(current_setting('tiermem.owner', true), ''), 'UTF8') $$;
CREATE OR REPLACE FUNCTION tiermem_key() RETURNS bytea STABLE LANGUAGE sql AS
$$ SELECT decode(nullif(current_setting('tiermem.key', true), ''), 'hex') $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"app";
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO :"app";

-- A table with neither policy nor exception below shows nothing to anybody but its owner.
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'tiermem\_%' LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', one.tablename);
        EXECUTE format('DROP POLICY IF EXISTS own ON %I', one.tablename);
    END LOOP;
    -- Those that name their user.
    FOR one IN SELECT unnest(ARRAY['tiermem_session', 'tiermem_owner', 'tiermem_collection']) AS tablename LOOP
        EXECUTE format('CREATE POLICY own ON %I USING (tenant = tiermem_tenant() AND owner = tiermem_owner())',
                       one.tablename);
    END LOOP;
    -- Those that belong to a session, of which a role sees its own.
    FOR one IN SELECT c.table_name AS tablename FROM information_schema.columns c
               WHERE c.table_schema = 'public' AND c.table_name LIKE 'tiermem\_%' AND c.column_name = 'session' LOOP
        EXECUTE format('CREATE POLICY own ON %I USING (session IN (SELECT s.pk FROM tiermem_session s))',
                       one.tablename);
    END LOOP;
    -- Those that belong to a user by a digest.
    FOR one IN SELECT unnest(ARRAY['tiermem_tally', 'tiermem_media', 'tiermem_shelf']) AS tablename LOOP
        EXECUTE format('CREATE POLICY own ON %I USING (owner = tiermem_key())', one.tablename);
    END LOOP;
    -- Nobody's: models by name, the version of the tables, and that something was erased (keyed digests, no name).
    EXECUTE 'CREATE POLICY own ON tiermem_embedder USING (true)';
    EXECUTE 'CREATE POLICY own ON tiermem_meta FOR SELECT USING (true)';
    EXECUTE 'CREATE POLICY own ON tiermem_erasure FOR SELECT USING (true)';
END $$;
CREATE POLICY own ON tiermem_item USING (collection IN (SELECT c.pk FROM tiermem_collection c));
CREATE POLICY own ON tiermem_item_vector USING (item IN (SELECT i.pk FROM tiermem_item i));
CREATE POLICY own ON tiermem_blob USING (media IN (SELECT m.pk FROM tiermem_media m));
