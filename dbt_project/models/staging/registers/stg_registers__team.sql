select
    record_id as team_id,
    site_id,
    record.team_key,
    record.team_name,
    lower(record.lead_email) as lead_email,
    record.calendar_key,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("registers", "team", rewound=true) }}
