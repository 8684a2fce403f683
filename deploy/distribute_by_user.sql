-- Tables of tiermem laid out by user on Citus or an engine that takes its statements. Run it once, as the role that owns
-- them, after tiermem made its tables and before anything is in them (or after, which moves the rows):
--
--     psql "$OWNER_URL" --file deploy/distribute_by_user.sql
--
-- Every row of somebody's has the number of that user in the column `shard`, which is in every key of its table and in
-- the condition of every statement of the user's verbs: one user is in one place, and asked there alone.
-- Not so `tiermem_pgvector`, of memories with `vector_index="pgvector-…"`: leave it where it is, or do without.
-- No such engine was there to run this on: what a test holds it against are the tables of tiermem.

-- What is nobody's, and small: a copy in every place.
SELECT create_reference_table('tiermem_embedder');
SELECT create_reference_table('tiermem_erasure');
SELECT create_reference_table('tiermem_meta');

-- What is somebody's: those of one user together.
SELECT create_distributed_table('tiermem_session', 'shard');
SELECT create_distributed_table('tiermem_blob', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_borrowed', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_collection', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_conversation', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_decision', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_embedded', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_erased', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_extraction', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_fact', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_fork', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_import', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_item', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_item_vector', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_media', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_media_use', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_message', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_named', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_owner', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_segment', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_shelf', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_stub', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_summary', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_tally', 'shard', colocate_with => 'tiermem_session');
SELECT create_distributed_table('tiermem_vector', 'shard', colocate_with => 'tiermem_session');
