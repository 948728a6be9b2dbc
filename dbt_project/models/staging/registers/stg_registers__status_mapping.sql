select
    record_id as status_mapping_id,
    site_id,
    record.project_site as project_site_id,
    record.project_key,
    record.issue_type,
    record.status,
    record.valid_from,
    record.status_category,
    record.work_state,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq,
    _moved_at
from {{ latest("registers", "status_mapping", rewound=true) }}
