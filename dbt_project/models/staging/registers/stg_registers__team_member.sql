select
    record_id as team_member_id,
    site_id,
    site_id || ':' || record.team_key as team_id,
    lower(record.person_email) as person_email,
    record.starts_on,
    record.ends_on,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("registers", "team_member", rewound=true) }}
