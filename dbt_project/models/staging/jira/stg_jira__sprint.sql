select
    record_id as sprint_id,
    site_id,
    native_id,
    site_id || ':' || record.originboardid as board_id,
    record.name as sprint_name,
    record.state,
    record.goal,
    {{ utc("record.startdate") }} as starts_at,
    {{ utc("record.enddate") }} as ends_at,
    {{ utc("record.completedate") }} as completed_at,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("jira", "sprint") }}
