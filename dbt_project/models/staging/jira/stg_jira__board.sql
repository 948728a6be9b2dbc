select
    record_id as board_id,
    site_id,
    native_id,
    record.name as board_name,
    record.type as board_type,
    site_id || ':' || record.location.projectid as project_id,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("jira", "board") }}
