select
    record_id as alignment_id,
    site_id,
    record.project_site as project_site_id,
    record.project_key,
    record.objective_key,
    record.weight as alignment_weight,
    record.rationale,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("registers", "project_objective", rewound=true) }}
