select
    record_id as assignment_id,
    site_id,
    record.project_site as project_site_id,
    lower(record.person_email) as person_email,
    record.project_key,
    record.starts_on,
    record.ends_on,
    record.share,
    record.role as role,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("registers", "assignment", rewound=true) }}
