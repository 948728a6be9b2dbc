select
    record_id as version_id,
    site_id,
    native_id,
    site_id || ':' || record.projectid as project_id,
    record.name as version_name,
    try_cast(record.startdate as date) as starts_on,
    try_cast(record.releasedate as date) as releases_on,
    coalesce(record.released, false) as is_released,
    coalesce(record.archived, false) as is_archived,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("jira", "version") }}
