select
    record_id as baseline_id,
    site_id,
    record.project_site as project_site_id,
    record.project_key,
    record.version as baseline_version,
    record.start_on,
    record.finish_on,
    record.approved_on,
    record.approved_by,
    record.reason,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("registers", "baseline", rewound=true, counts_from="approved_on") }}
