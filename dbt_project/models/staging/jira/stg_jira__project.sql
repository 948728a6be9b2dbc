select
    record_id as project_id,
    site_id,
    native_id,
    record.key as project_key,
    record.name as project_name,
    record.description,
    record.projectcategory.name as programme_name,
    site_id || ':' || {{ account("record.lead") }} as lead_id,
    record.lead.displayname as lead_name,
    record.style,
    record.projecttypekey as project_type,
    coalesce(record.archived, false) as is_archived,
    is_deleted or coalesce(record.deleted, false) as is_deleted,
    try_cast(record.properties ->> '$.slipstream.known_until' as date) as known_until,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("jira", "project") }}
