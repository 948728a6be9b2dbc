select
    record_id as capacity_term_id,
    site_id,
    lower(record.who) as who,
    record.kind as capacity_kind,
    record.starts_on,
    record.ends_on,
    record.hours_per_day,
    record.allocation,
    record.reason,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("registers", "capacity", rewound=true) }}
