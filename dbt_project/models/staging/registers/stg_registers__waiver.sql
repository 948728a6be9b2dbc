select
    record_id as waiver_id,
    site_id,
    record.project_site as project_site_id,
    record.waiver_key,
    record.rule_id,
    record.project_key,
    record.reason,
    record.approved_by,
    record.approved_on,
    record.expires_on,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("registers", "waiver", rewound=true) }}
