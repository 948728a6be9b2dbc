select
    record_id as calendar_day_id,
    site_id,
    record.calendar_key,
    record.day_on,
    coalesce(record.working_share, 0)::decimal(5, 4) as working_share,
    record.day_name,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("registers", "calendar", rewound=true) }}
