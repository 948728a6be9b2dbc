{{ config(materialized="view") }}

-- Every version of a row, not only the newest: what the register said when.
select
    _site || ':' || _key as register_project_id,
    _site as site_id,
    record.project_site as project_site_id,
    _key as project_key,
    record.programme,
    record.phase,
    record.sponsor_name,
    record.sponsor_email,
    record.owner_name,
    record.owner_email,
    _site || ':' || record.objective_key as objective_id,
    record.claimed_rag,
    record.status_text,
    record.status_updated_on,
    record.promised_on,
    record.governance_mode,
    _deleted as is_deleted,
    _recorded_at as recorded_at,
    _known_at as known_from,
    _commit_seq,
    row_number() over (
        partition by _site, _key
        order by _known_at, _sync_id, _deleted desc, _payload_hash
    ) as version_number
from
    (
        select *, {{ parsed("registers", "project") }} as record
        from {{ recorded_versions(source("registers", "project")) }}
        where {{ recorded_to_date("_recorded_at") }}
    )
