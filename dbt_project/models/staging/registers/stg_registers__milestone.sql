select
    record_id as milestone_id,
    site_id,
    record.project_site as project_site_id,
    record.milestone_key,
    record.project_key,
    record.milestone_name,
    record.baseline_on,
    record.forecast_on,
    record.actual_on,
    record.owner_name,
    record.owner_email,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("registers", "milestone", rewound=true) }}
